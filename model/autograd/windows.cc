#include "model/autograd/rules.h"
#include "model/ops/ops.h"

// Convolutions, pooling and padding.
namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

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

Terms average_pool(const NodePtr& node, const Tensor& g) {
  return {make("average_pool_gradient", {g}, window_on(node, node->inputs[0]->shape))};
}

Terms average_pool_gradient(const NodePtr& node, const Tensor& g) {
  return {make("average_pool", {g}, node->attributes)};
}

// What was added is cut off again, and the other way round.
Terms pad(const NodePtr& node, const Tensor& g) {
  auto back = std::get<graph::PadAttributes>(node->attributes);
  for (auto& [before, after] : back.cells) {
    before = -before;
    after = -after;
  }
  return {make("pad", {g}, std::move(back))};
}

constexpr Row kWindows[] = {
    {"conv2d", conv2d},
    {"conv2d_input_gradient", conv2d_input_gradient},
    {"conv2d_kernel_gradient", conv2d_kernel_gradient},
    {"max_pool", max_pool},
    {"max_pool_gradient", max_pool_gradient},
    {"max_pool_gather", max_pool_gather},
    {"average_pool", average_pool},
    {"average_pool_gradient", average_pool_gradient},
    {"pad", pad},
};

}  // namespace

std::span<const Row> tables::windows() { return kWindows; }

}  // namespace shoal::autograd
