#pragma once

#include <cstdint>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::functional {

// One call of a layer on symbolic tensors. A graph of calls lives as long as somebody holds its outputs.
struct Node {
  Layer layer;
  std::uint64_t id = 0;  // order of calls: inputs come from calls with smaller ids
  std::vector<KerasTensor> inputs;
  std::vector<KerasTensor> masks;  // as in SymbolicOptions
  nlohmann::json arguments = nlohmann::json::object();
  std::vector<Shape> shapes;  // of the outputs
  std::vector<DType> dtypes;

  bool is_input() const { return inputs.empty(); }
};

using NodePtr = std::shared_ptr<Node>;

// The node of an input layer.
NodePtr input_node(const Layer& layer, DType dtype);
// Checks the inputs, builds the layer when needed and finds shapes and dtypes of the outputs.
NodePtr call_node(const Layer& layer, const std::vector<KerasTensor>& inputs, const SymbolicOptions& options);
std::vector<KerasTensor> outputs_of(const NodePtr& node);

}  // namespace shoal::functional
