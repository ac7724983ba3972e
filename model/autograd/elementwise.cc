#include <numbers>

#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {

Tensor unbroadcast(const Tensor& gradient, const Shape& shape) {
  const Shape& from = gradient.shape();
  if (from == shape) return gradient;
  const int extra = from.rank() - shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < from.rank(); ++axis)
    if (axis < extra || (shape[axis - extra] == 1 && from[axis] != 1)) axes.push_back(axis);
  const Tensor total = axes.empty() ? gradient : ops::sum(gradient, axes);
  return total.shape() == shape ? total : ops::reshape(total, shape);
}

namespace {

using graph::NodePtr;
using Terms = std::vector<Tensor>;

Tensor number(const Tensor& condition, const Tensor& like) { return ops::cast(condition, like.dtype()); }

// Of a binary node: terms in the gradient's shape, summed to the operands'.
Terms summed(const NodePtr& node, const Tensor& a, const Tensor& b) {
  return {a.defined() ? unbroadcast(a, node->inputs[0]->shape) : a,
          b.defined() ? unbroadcast(b, node->inputs[1]->shape) : b};
}

Terms add(const NodePtr& node, const Tensor& g) { return summed(node, g, g); }
Terms subtract(const NodePtr& node, const Tensor& g) { return summed(node, g, -g); }
Terms multiply(const NodePtr& node, const Tensor& g) {
  return summed(node, g * operand(node, 1), g * operand(node, 0));
}
Terms divide(const NodePtr& node, const Tensor& g) {
  const Tensor quotient = g / operand(node, 1);
  return summed(node, quotient, -(quotient * output(node)));
}

Terms power(const NodePtr& node, const Tensor& g) {
  const Tensor a = operand(node, 0), b = operand(node, 1);
  const Tensor log_a = ops::where(ops::greater(a, 0.0), ops::log(ops::maximum(a, 1e-300)), ops::zeros_like(a));
  return summed(node, g * b * ops::power(a, b - 1.0), g * output(node) * log_a);
}

// Where both are equal each gets a half.
Terms extremum(const NodePtr& node, const Tensor& g, const Tensor& first_wins) {
  const Tensor half = number(ops::equal(operand(node, 0), operand(node, 1)), g) * 0.5;
  const Tensor share = number(first_wins, g) + half;
  return summed(node, g * share, g * (1.0 - share));
}
Terms maximum(const NodePtr& node, const Tensor& g) {
  return extremum(node, g, ops::greater(operand(node, 0), operand(node, 1)));
}
Terms minimum(const NodePtr& node, const Tensor& g) {
  return extremum(node, g, ops::less(operand(node, 0), operand(node, 1)));
}

Terms where(const NodePtr& node, const Tensor& g) {
  const Tensor condition = operand(node, 0), zero = ops::zeros_like(g);
  return {Tensor(), unbroadcast(ops::where(condition, g, zero), node->inputs[1]->shape),
          unbroadcast(ops::where(condition, zero, g), node->inputs[2]->shape)};
}

Terms negative(const NodePtr&, const Tensor& g) { return {-g}; }
Terms absolute(const NodePtr& node, const Tensor& g) { return {g * ops::sign(operand(node, 0))}; }
Terms nothing(const NodePtr&, const Tensor&) { return {}; }
Terms square(const NodePtr& node, const Tensor& g) { return {g * operand(node, 0) * 2.0}; }
Terms relu(const NodePtr& node, const Tensor& g) { return {graph::make("relu_gradient", {output(node), g})}; }
Terms relu_gradient(const NodePtr& node, const Tensor& g) {
  return {Tensor(), graph::make("relu_gradient", {operand(node, 0), g})};
}
Terms exp(const NodePtr& node, const Tensor& g) { return {g * output(node)}; }
Terms log(const NodePtr& node, const Tensor& g) { return {g / operand(node, 0)}; }
Terms sqrt(const NodePtr& node, const Tensor& g) { return {g * 0.5 / output(node)}; }
Terms log1p(const NodePtr& node, const Tensor& g) { return {g / (operand(node, 0) + 1.0)}; }
Terms expm1(const NodePtr& node, const Tensor& g) { return {g * (output(node) + 1.0)}; }
Terms erf(const NodePtr& node, const Tensor& g) {
  return {g * (2 * std::numbers::inv_sqrtpi) * ops::exp(-ops::square(operand(node, 0)))};
}
Terms sin(const NodePtr& node, const Tensor& g) { return {g * ops::cos(operand(node, 0))}; }
Terms cos(const NodePtr& node, const Tensor& g) { return {-(g * ops::sin(operand(node, 0)))}; }
Terms rsqrt(const NodePtr& node, const Tensor& g) { return {g * -0.5 * output(node) / operand(node, 0)}; }
Terms tanh(const NodePtr& node, const Tensor& g) { return {g * (1.0 - ops::square(output(node)))}; }
Terms sigmoid(const NodePtr& node, const Tensor& g) {
  const Tensor y = output(node);
  return {g * y * (1.0 - y)};
}
Terms softplus(const NodePtr& node, const Tensor& g) { return {g * ops::sigmoid(operand(node, 0))}; }
Terms cast(const NodePtr& node, const Tensor& g) { return {ops::cast(g, node->inputs[0]->dtype)}; }

constexpr Row kElementwise[] = {
    {"add", add},           {"subtract", subtract}, {"multiply", multiply}, {"divide", divide},
    {"power", power},       {"maximum", maximum},   {"minimum", minimum},   {"where", where},
    {"negative", negative}, {"abs", absolute},      {"sign", nothing},      {"square", square},
    {"relu", relu},         {"exp", exp},           {"log", log},           {"sqrt", sqrt},
    {"tanh", tanh},         {"sigmoid", sigmoid},   {"softplus", softplus}, {"relu_gradient", relu_gradient},
    {"cast", cast},         {"log1p", log1p},       {"expm1", expm1},       {"erf", erf},
    {"sin", sin},           {"cos", cos},           {"floor", nothing},     {"rsqrt", rsqrt},
};

}  // namespace

std::span<const Row> tables::elementwise() { return kElementwise; }

}  // namespace shoal::autograd
