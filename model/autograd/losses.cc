#include "model/autograd/rules.h"
#include "model/ops/ops.h"

// p = softmax(logits), d = the gradient of a row's loss, S = sum of a row's target.
namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

Tensor row_sum(const Tensor& x) { return ops::sum(x, {-1}); }
Tensor kept_row_sum(const Tensor& x) { return ops::sum(x, {-1}, true); }
Tensor column(const Tensor& x) { return ops::expand_dims(x, -1); }

Terms sparse(const NodePtr& node, const Tensor& g) {
  return {make("sparse_crossentropy_gradient", {operand(node, 0), operand(node, 1), g}), Tensor()};
}

// dx = (p - onehot) d
Terms sparse_gradient(const NodePtr& node, const Tensor& g) {
  const Tensor x = operand(node, 0), p = ops::softmax(x);
  const Tensor h = g * column(operand(node, 2));
  const Tensor target = ops::one_hot(operand(node, 1), x.shape()[-1], x.dtype());
  return {p * (h - kept_row_sum(h * p)), Tensor(), row_sum(g * (p - target))};
}

Terms dense(const NodePtr& node, const Tensor& g) {
  const Tensor x = operand(node, 0), y = operand(node, 1);
  return {make("crossentropy_gradient", {x, y, g}), -(column(g) * ops::log_softmax(x))};
}

// dx = (p S - y) d
Terms dense_gradient(const NodePtr& node, const Tensor& g) {
  const Tensor y = operand(node, 1), p = ops::softmax(operand(node, 0)), total = kept_row_sum(y);
  const Tensor h = g * column(operand(node, 2)), weighted = kept_row_sum(h * p);
  return {total * p * (h - weighted), weighted - h, row_sum(g * (total * p - y))};
}

constexpr Row kLosses[] = {
    {"sparse_crossentropy", sparse},
    {"sparse_crossentropy_gradient", sparse_gradient},
    {"crossentropy", dense},
    {"crossentropy_gradient", dense_gradient},
};

}  // namespace

std::span<const Row> tables::losses() { return kLosses; }

}  // namespace shoal::autograd
