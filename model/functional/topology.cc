#include "model/functional/topology.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/error.h"

namespace shoal::functional {
namespace {

const LayerImpl* key(const Layer& layer) { return layer.impl().get(); }

class Walk {
 public:
  explicit Walk(const std::vector<KerasTensor>& inputs) : inputs_(inputs) {}

  void visit(const KerasTensor& tensor) {
    const NodePtr& node = tensor.node();
    if (!finished_.insert(node.get()).second) return;
    if (order_.emplace(key(node->layer), order_.size()).second) layers_.push_back(node->layer);
    if (std::ranges::find(inputs_, tensor) == inputs_.end()) {
      if (node->is_input())
        raise("Graph disconnected: input '{}' is needed but is none of the model's inputs", node->layer->name());
      for (const KerasTensor& input : node->inputs) visit(input);
      for (const KerasTensor& mask : node->masks)
        if (mask.defined()) visit(mask);
    }
    nodes_.push_back(node);
  }

  const std::vector<KerasTensor>& inputs_;
  std::set<const Node*> finished_;
  std::map<const LayerImpl*, std::size_t> order_;
  std::vector<Layer> layers_;
  std::vector<NodePtr> nodes_;  // from inputs to outputs
};

std::vector<const Node*> parents(const Node& node) {
  std::vector<const Node*> result;
  for (const KerasTensor& input : node.inputs) result.push_back(input.node().get());
  for (const KerasTensor& mask : node.masks)
    if (mask.defined()) result.push_back(mask.node().get());
  return result;
}

bool forms_chain(const std::map<const Node*, int>& depths, const std::vector<NodePtr>& nodes) {
  std::set<int> seen;
  std::set<const LayerImpl*> layers;
  for (const NodePtr& node : nodes)
    if (!seen.insert(depths.at(node.get())).second || parents(*node).size() > 1 ||
        !layers.insert(key(node->layer)).second)
      return false;
  return true;
}

}  // namespace

Topology find_topology(const std::vector<KerasTensor>& inputs, const std::vector<KerasTensor>& outputs) {
  Walk walk(inputs);
  for (const KerasTensor& output : outputs) walk.visit(output);

  std::map<const Node*, int> depths;
  std::map<const LayerImpl*, int> layer_depths;
  for (auto it = walk.nodes_.rbegin(); it != walk.nodes_.rend(); ++it) {
    const Node& node = **it;
    int& of_layer = layer_depths[key(node.layer)];
    of_layer = std::max(of_layer, depths[&node]);
    depths[&node] = of_layer;
    for (const Node* parent : parents(node)) depths[parent] = std::max(depths[parent], of_layer + 1);
  }

  Topology result;
  result.nodes = walk.nodes_;
  for (const KerasTensor& input : inputs)  // those that no output needs stand first among the last
    if (layer_depths.emplace(key(input.node()->layer), 0).second) {
      depths[input.node().get()] = 0;
      result.layers.push_back(input.node()->layer);
      result.nodes.push_back(input.node());
    }
  result.layers.insert(result.layers.end(), walk.layers_.begin(), walk.layers_.end());
  std::ranges::stable_sort(result.layers, std::greater<>(),
                           [&](const Layer& layer) { return layer_depths.at(key(layer)); });
  result.is_chain = forms_chain(depths, result.nodes);
  std::set<std::string> names;
  for (const Layer& layer : result.layers)
    if (!names.insert(layer->name()).second)
      raise("layer names in a model must differ, received a second '{}'", layer->name());
  return result;
}

std::vector<NodePtr> calls_of(const Layer& layer, const std::vector<NodePtr>& nodes) {
  std::vector<NodePtr> calls;
  for (const NodePtr& node : nodes)
    if (node->layer == layer) calls.push_back(node);
  std::ranges::sort(calls, {}, &Node::id);
  return calls;
}

}  // namespace shoal::functional
