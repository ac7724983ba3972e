#pragma once

#include <functional>
#include <vector>

#include "model/graph/node.h"

namespace shoal {

// Gradients of the sum of `target` by each source: more graph, written in ops, so that gradients of gradients work.
// A source that the target does not depend on gets zeros of its shape. Sources are tensors that were used to make
// `target` (for a variable: graph::read gives the same node within one trace or GradientTape).
// Throws ValueError naming the operation when a node on the way has no gradient rule.
std::vector<Tensor> gradients(const Tensor& target, const std::vector<Tensor>& sources);
std::vector<Tensor> gradients(const Tensor& target, const std::vector<Variable>& variables);

namespace autograd {
// Given a node and the gradient of its output, the gradients of its inputs (undefined tensors where there is none).
using Rule = std::vector<Tensor> (*)(const graph::NodePtr& node, const Tensor& gradient);
Rule rule_of(const graph::Operation& operation);  // null where there is none
}  // namespace autograd

}  // namespace shoal
