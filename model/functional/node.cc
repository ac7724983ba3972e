#include "model/functional/node.h"

#include <atomic>

#include "common/base/error.h"
#include "model/graph/trace.h"

namespace shoal {
namespace functional {
namespace {

NodePtr new_node(const Layer& layer) {
  static std::atomic<std::uint64_t> next{0};
  auto node = std::make_shared<Node>();
  node->layer = layer;
  node->id = ++next;
  return node;
}

}  // namespace

NodePtr input_node(const Layer& layer, DType dtype) {
  NodePtr node = new_node(layer);
  std::vector<std::int64_t> dims = layer->input_shape_option().dims();
  dims.insert(dims.begin(), kRows);
  node->shapes.emplace_back(std::move(dims));
  node->dtypes.push_back(dtype);
  return node;
}

NodePtr call_node(const Layer& layer, const std::vector<KerasTensor>& inputs, const SymbolicOptions& options) {
  if (!layer.impl()) raise("a call on symbolic tensors needs a layer, received an empty one");
  if (inputs.empty()) raise("layer '{}': a call needs an input, received none", layer->name());
  if (!options.masks.empty() && options.masks.size() != inputs.size())
    raise("layer '{}': received {} masks for {} inputs", layer->name(), options.masks.size(), inputs.size());
  graph::Trace trace(false);
  CallOptions call = {.arguments = options.arguments};
  const auto symbol = [&](const KerasTensor& tensor) {
    return trace.input(tensor.name(), tensor.shape(), tensor.dtype());
  };
  std::vector<Tensor> symbols;
  for (const KerasTensor& input : inputs) {
    if (!input.defined()) raise("layer '{}': input {} is an undefined symbolic tensor", layer->name(), symbols.size());
    symbols.push_back(symbol(input));
  }
  for (const KerasTensor& mask : options.masks) call.masks.push_back(mask.defined() ? symbol(mask) : Tensor());
  NodePtr node = new_node(layer);
  for (const Tensor& output : layer.call(symbols, call)) {
    node->shapes.push_back(output.shape());
    node->dtypes.push_back(output.dtype());
  }
  node->inputs = inputs;
  node->masks = options.masks;
  node->arguments = options.arguments;
  return node;
}

std::vector<KerasTensor> outputs_of(const NodePtr& node) {
  std::vector<KerasTensor> outputs;
  for (std::size_t i = 0; i < node->shapes.size(); ++i) outputs.push_back(KerasTensor::output(node, i));
  return outputs;
}

}  // namespace functional

KerasTensor KerasTensor::output(std::shared_ptr<functional::Node> node, std::size_t index) {
  KerasTensor tensor;
  tensor.node_ = std::move(node);
  tensor.index_ = index;
  return tensor;
}

const Shape& KerasTensor::shape() const { return node_->shapes.at(index_); }
DType KerasTensor::dtype() const { return node_->dtypes.at(index_); }
const std::string& KerasTensor::name() const { return node_->layer->name(); }

KerasTensor Layer::operator()(const KerasTensor& input) const { return call(std::vector{input}).at(0); }
KerasTensor Layer::operator()(const KerasTensor& input, const SymbolicOptions& options) const {
  return call(std::vector{input}, options).at(0);
}
KerasTensor Layer::operator()(const std::vector<KerasTensor>& inputs) const { return call(inputs).at(0); }
KerasTensor Layer::operator()(const std::vector<KerasTensor>& inputs, const SymbolicOptions& options) const {
  return call(inputs, options).at(0);
}
std::vector<KerasTensor> Layer::call(const std::vector<KerasTensor>& inputs, const SymbolicOptions& options) const {
  return functional::outputs_of(functional::call_node(*this, inputs, options));
}

}  // namespace shoal
