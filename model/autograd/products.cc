#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

// (..., n) as a matrix of rows.
Tensor as_matrix(const Tensor& x) {
  const Shape& shape = x.shape();
  if (shape.rank() == 2) return x;
  std::int64_t rows = 1;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) rows *= shape[axis];
  return make("reshape", {x}, graph::ShapeAttributes{Shape{rows, shape[-1]}});
}

Terms matmul(const NodePtr& node, const Tensor& g) {
  const auto [transpose_a, transpose_b] = std::get<graph::MatmulAttributes>(node->attributes);
  const Tensor a = operand(node, 0), b = operand(node, 1);
  if (transpose_a)
    return {ops::matmul(b, g, transpose_b, true),
            transpose_b ? ops::matmul(g, a, true, true) : ops::matmul(a, g, false, false)};
  const Tensor rows_a = as_matrix(a), rows_g = as_matrix(g);
  return {ops::matmul(g, b, false, !transpose_b),
          transpose_b ? ops::matmul(rows_g, rows_a, true, false) : ops::matmul(rows_a, rows_g, true, false)};
}

graph::WindowAttributes window_on(const NodePtr& node, const Shape& input) {
  graph::WindowAttributes window = std::get<graph::WindowAttributes>(node->attributes);
  window.input_shape = input;
  return window;
}

Terms conv2d(const NodePtr& node, const Tensor& g) {
  const auto window = window_on(node, node->inputs[0]->shape);
  const Tensor kernel_gradient = make("conv2d_kernel_gradient", {operand(node, 0), g}, window);
  return {make("conv2d_input_gradient", {operand(node, 1), g}, window), kernel_gradient};
}

// dx of (kernel, dy), linear in both.
Terms conv2d_input_gradient(const NodePtr& node, const Tensor& g) {
  const auto window = window_on(node, node->shape);
  return {make("conv2d_kernel_gradient", {g, operand(node, 1)}, window), make("conv2d", {g, operand(node, 0)}, window)};
}

// dkernel of (x, dy), linear in both.
Terms conv2d_kernel_gradient(const NodePtr& node, const Tensor& g) {
  const auto window = window_on(node, node->inputs[0]->shape);
  return {make("conv2d_input_gradient", {g, operand(node, 1)}, window), make("conv2d", {operand(node, 0), g}, window)};
}

Terms max_pool(const NodePtr& node, const Tensor& g) {
  return {make("max_pool_gradient", {operand(node, 0), output(node), g}, node->attributes)};
}

Terms max_pool_gradient(const NodePtr& node, const Tensor& g) {
  return {Tensor(), Tensor(), make("max_pool_gather", {operand(node, 0), operand(node, 1), g}, node->attributes)};
}

Terms max_pool_gather(const NodePtr& node, const Tensor& g) {
  return {Tensor(), Tensor(), make("max_pool_gradient", {operand(node, 0), operand(node, 1), g}, node->attributes)};
}

constexpr Row kProducts[] = {
    {"matmul", matmul},
    {"conv2d", conv2d},
    {"conv2d_input_gradient", conv2d_input_gradient},
    {"conv2d_kernel_gradient", conv2d_kernel_gradient},
    {"max_pool", max_pool},
    {"max_pool_gradient", max_pool_gradient},
    {"max_pool_gather", max_pool_gather},
};

}  // namespace

std::span<const Row> tables::products() { return kProducts; }

}  // namespace shoal::autograd
