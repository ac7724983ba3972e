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
std::span<const Row> products();
std::span<const Row> losses();
}  // namespace tables

inline Tensor operand(const graph::NodePtr& node, std::size_t index) { return graph::tensor_of(node->inputs[index]); }
inline Tensor output(const graph::NodePtr& node) { return graph::tensor_of(node); }

// The gradient of an operand of shape `shape` that broadcasting stretched to the gradient's shape.
Tensor unbroadcast(const Tensor& gradient, const Shape& shape);

}  // namespace shoal::autograd
