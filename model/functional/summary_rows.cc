#include <fmt/core.h>

#include <map>

#include "model/functional/network.h"
#include "model/functional/topology.h"

namespace shoal::functional {
namespace {

SummaryRows rows_of(const Topology& topology) {
  SummaryRows result;
  result.is_chain = topology.is_chain;
  std::map<const Node*, std::size_t> number;
  for (const Layer& layer : topology.layers) {
    std::size_t count = 0;
    for (const NodePtr& call : calls_of(layer, topology.nodes)) number[call.get()] = count++;
  }
  for (const Layer& layer : topology.layers) {
    SummaryRow row{layer, {}, {}};
    for (const NodePtr& call : calls_of(layer, topology.nodes)) {
      row.outputs = call->shapes;
      for (const auto* sources : {&call->inputs, &call->masks})
        for (const KerasTensor& source : *sources)
          if (source.defined())
            row.links.push_back(
                fmt::format("{}[{}][{}]", source.name(), number.at(source.node().get()), source.index()));
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace

SummaryRows summary_rows(const NetworkImpl& network) {
  if (const Topology* topology = topology_of(network)) return rows_of(*topology);
  SummaryRows result;
  std::vector<Shape> shapes = network.input_shapes();
  for (const Layer& layer : network.layers()) {
    if (shapes.size() == 1)
      shapes = {layer->compute_output_shape(shapes.front())};
    else if (!shapes.empty())
      shapes = layer->compute_output_shapes(shapes);
    result.rows.push_back({layer, shapes, {}});
  }
  return result;
}

}  // namespace shoal::functional
