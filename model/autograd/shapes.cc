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

Terms nothing(const NodePtr&, const Tensor&) { return {}; }

Terms broadcast_to(const NodePtr& node, const Tensor& g) { return {unbroadcast(g, node->inputs[0]->shape)}; }

Terms transpose(const NodePtr& node, const Tensor& g) {
  const auto& permutation = std::get<graph::TransposeAttributes>(node->attributes).permutation;
  std::vector<int> inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i)
    inverse[static_cast<std::size_t>(permutation[i])] = static_cast<int>(i);
  return {ops::transpose(g, std::move(inverse))};
}

Terms softmax(const NodePtr& node, const Tensor& g) {
  const Tensor y = output(node);
  return {y * (g - ops::sum(g * y, {-1}, true))};
}

// The same draw again.
Terms dropout(const NodePtr& node, const Tensor& g) {
  return {graph::make("dropout", {g, operand(node, 1), operand(node, 2)}, node->attributes), Tensor(), Tensor()};
}

constexpr Row kShapes[] = {
    {"sum", sum},         {"max", max},
    {"reshape", reshape}, {"stop_gradient", nothing},
    {"softmax", softmax}, {"broadcast_to", broadcast_to},
    {"dropout", dropout}, {"transpose", transpose},
};

}  // namespace

std::span<const Row> tables::shapes() { return kShapes; }

}  // namespace shoal::autograd
