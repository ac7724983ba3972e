#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Tensors = std::vector<Tensor>;

std::vector<int> all_but_last(const Tensor& x) {
  std::vector<int> axes;
  for (int axis = 0; axis + 1 < x.shape().rank(); ++axis) axes.push_back(axis);
  return axes;
}

Tensor column_sum(const Tensor& x) { return x.shape().rank() == 1 ? x : ops::sum(x, all_but_last(x)); }

// Rows of the (2, columns) operand.
Tensor row_of(const Tensor& pair, std::int64_t row) { return ops::squeeze(ops::slice_axis(pair, 0, row, row + 1), 0); }
Tensor pair_of(const Tensor& first, const Tensor& second) { return ops::stack({first, second}); }

struct Normal {
  Tensor xhat, scale;
};

Normal normal_of(const NodePtr& node, const Tensor& x) {
  const double epsilon = std::get<graph::EpsilonAttributes>(node->attributes).epsilon;
  const Tensor centered = x - ops::mean(x, {-1}, true);
  const Tensor scale = ops::rsqrt(ops::mean(ops::square(centered), {-1}, true) + epsilon);
  return {centered * scale, scale};
}

Tensors layer_norm(const NodePtr& node, const Tensor& g) {
  const Tensor x = operand(node, 0);
  return {make("layer_norm_gradient", {x, operand(node, 1), g}, node->attributes),
          make("layer_norm_scale_gradient", {x, g}, node->attributes), column_sum(g)};
}

Tensors layer_norm_gradient(const NodePtr& node, const Tensor& g) {
  return terms_of_formula(node, g, [](const NodePtr& fused, const Tensors& inputs) {
    const auto [xhat, scale] = normal_of(fused, inputs[0]);
    const Tensor h = inputs[2] * inputs[1];
    return scale * (h - ops::mean(h, {-1}, true) - xhat * ops::mean(h * xhat, {-1}, true));
  });
}

Tensors layer_norm_scale_gradient(const NodePtr& node, const Tensor& g) {
  return terms_of_formula(node, g, [](const NodePtr& fused, const Tensors& inputs) {
    return column_sum(inputs[1] * normal_of(fused, inputs[0]).xhat);
  });
}

Tensors scale_shift(const NodePtr& node, const Tensor& g) {
  const Tensor scale = row_of(operand(node, 1), 0);
  return {make("scale_shift", {g, pair_of(scale, ops::zeros_like(scale))}), make("column_dots", {g, operand(node, 0)})};
}

Tensors column_dots(const NodePtr& node, const Tensor& g) {
  const Tensor dots = row_of(g, 0);
  return {make("scale_shift", {operand(node, 1), g}),
          make("scale_shift", {operand(node, 0), pair_of(dots, ops::zeros_like(dots))})};
}

Tensors column_moments(const NodePtr& node, const Tensor& g) {
  const Tensor x = operand(node, 0), shift = operand(node, 1), twice = row_of(g, 0) * 2.0;
  const Tensor dx = make("scale_shift", {x, pair_of(twice, row_of(g, 1) - twice * shift)});
  return {dx, -column_sum(dx)};
}

constexpr Row kNormalization[] = {
    {"layer_norm", layer_norm},
    {"layer_norm_gradient", layer_norm_gradient},
    {"layer_norm_scale_gradient", layer_norm_scale_gradient},
    {"scale_shift", scale_shift},
    {"column_dots", column_dots},
    {"column_moments", column_moments},
};

}  // namespace

std::span<const Row> tables::normalization() { return kNormalization; }

}  // namespace shoal::autograd
