#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::NodePtr;
using Terms = std::vector<Tensor>;

// A reduced tensor in the shape of its operand: the axes that are gone as 1, then stretched.
Tensor stretched(const NodePtr& node, const Tensor& reduced) {
  const Shape& shape = node->inputs[0]->shape;
  std::vector<std::int64_t> dims = shape.dims();
  for (int axis : std::get<graph::ReduceAttributes>(node->attributes).axes) dims[static_cast<std::size_t>(axis)] = 1;
  const Shape kept(std::move(dims));
  const Tensor thin =
      reduced.shape() == kept ? reduced : graph::make("reshape", {reduced}, graph::ShapeAttributes{kept});
  return ops::broadcast_to(thin, shape);
}

Terms sum(const NodePtr& node, const Tensor& g) { return {stretched(node, g)}; }

// Equal maxima share the gradient.
Terms max(const NodePtr& node, const Tensor& g) {
  const Tensor x = operand(node, 0);
  const Tensor hits = ops::cast(ops::equal(x, stretched(node, output(node))), x.dtype());
  const auto& axes = std::get<graph::ReduceAttributes>(node->attributes).axes;
  const Tensor count = ops::sum(hits, axes, true);
  return {hits * stretched(node, g) / ops::broadcast_to(count, x.shape())};
}

Terms reshape(const NodePtr& node, const Tensor& g) {
  return {graph::make("reshape", {g}, graph::ShapeAttributes{node->inputs[0]->shape})};
}

Terms concatenate(const NodePtr& node, const Tensor& g) {
  const int axis = std::get<graph::AxisAttributes>(node->attributes).axis;
  Terms terms;
  std::int64_t start = 0;
  for (const NodePtr& input : node->inputs) {
    const std::int64_t size = input->shape[axis];
    terms.push_back(ops::slice_axis(g, axis, start, start + size));
    start += size;
  }
  return terms;
}

Tensor moved(const char* operation, const NodePtr& node, const Tensor& g) {
  auto slice = std::get<graph::SliceAttributes>(node->attributes);
  slice.shape = node->inputs[0]->shape;
  return graph::make(operation, {g}, std::move(slice));
}
Terms slice(const NodePtr& node, const Tensor& g) { return {moved("unslice", node, g)}; }
Terms unslice(const NodePtr& node, const Tensor& g) { return {moved("slice", node, g)}; }

Terms nothing(const NodePtr&, const Tensor&) { return {}; }

Terms broadcast_to(const NodePtr& node, const Tensor& g) { return {unbroadcast(g, node->inputs[0]->shape)}; }

Terms transpose(const NodePtr& node, const Tensor& g) {
  const auto& permutation = std::get<graph::TransposeAttributes>(node->attributes).permutation;
  std::vector<int> inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i)
    inverse[static_cast<std::size_t>(permutation[i])] = static_cast<int>(i);
  return {ops::transpose(g, std::move(inverse))};
}

Terms softmax(const NodePtr& node, const Tensor& g) { return {graph::make("softmax_gradient", {output(node), g})}; }

// dx = y (dy - sum(y dy)): symmetric in what it does to dy.
Terms softmax_gradient(const NodePtr& node, const Tensor& g) {
  const Tensor y = operand(node, 0), dy = operand(node, 1);
  return {g * (dy - ops::sum(y * dy, {-1}, true)) - dy * ops::sum(y * g, {-1}, true),
          graph::make("softmax_gradient", {y, g})};
}

// The same draw again.
Terms dropout(const NodePtr& node, const Tensor& g) {
  return {graph::make("dropout", {g, operand(node, 1), operand(node, 2)}, node->attributes), Tensor(), Tensor()};
}

constexpr Row kShapes[] = {
    {"sum", sum},
    {"max", max},
    {"reshape", reshape},
    {"stop_gradient", nothing},
    {"softmax", softmax},
    {"softmax_gradient", softmax_gradient},
    {"broadcast_to", broadcast_to},
    {"dropout", dropout},
    {"transpose", transpose},
    {"slice", slice},
    {"unslice", unslice},
    {"concatenate", concatenate},
};

}  // namespace

std::span<const Row> tables::shapes() { return kShapes; }

}  // namespace shoal::autograd
