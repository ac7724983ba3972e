#pragma once

#include <span>

#include "model/autograd/gradients.h"

// Gradient rules, one table per family of operations.
namespace shoal::autograd {

struct Row {
  const char* operation;
  Rule rule;
};

namespace tables {
std::span<const Row> elementwise();
std::span<const Row> shapes();
std::span<const Row> normalization();
std::span<const Row> products();
std::span<const Row> batch_products();
std::span<const Row> attention();
std::span<const Row> windows();
std::span<const Row> losses();
std::span<const Row> gather();
std::span<const Row> recurrent();
}  // namespace tables

inline Tensor operand(const graph::NodePtr& node, std::size_t index) { return graph::tensor_of(node->inputs[index]); }
inline Tensor output(const graph::NodePtr& node) { return graph::tensor_of(node); }

// Terms of a fused operation that `formula` says in plain ops: its inputs stand in place of the node's.
std::vector<Tensor> terms_of_formula(const graph::NodePtr& node, const Tensor& gradient,
                                     Tensor (*formula)(const graph::NodePtr& node, const std::vector<Tensor>& inputs));

// The gradient of an operand of shape `shape` that broadcasting stretched to the gradient's shape.
Tensor unbroadcast(const Tensor& gradient, const Shape& shape);

}  // namespace shoal::autograd
