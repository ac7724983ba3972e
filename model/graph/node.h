#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "model/graph/attributes.h"
#include "model/tensor/tensor.h"
#include "model/tensor/variable.h"

namespace shoal::graph {

struct Operation;  // a row of the table in operation.h

// One operation of a computation. Nodes are immutable once made and point at their inputs only, so a graph lives as
// long as somebody holds its outputs.
struct Node {
  const Operation* operation = nullptr;
  std::vector<std::shared_ptr<Node>> inputs;
  Attributes attributes;
  Shape shape;
  DType dtype = DType::kFloat32;
  std::uint64_t id = 0;                  // order of creation: inputs have smaller ids
  std::string scope;                     // the layer that made it: "conv2d"; gradients carry their forward node's
  Tensor constant;                       // for "constant"; for a "variable" read outside of a trace, its value then
  Variable variable;                     // for "variable", "assign" and "apply_gradient"
  std::string name;                      // for "input"
  mutable std::shared_ptr<void> values;  // once evaluated outside of a plan
  Tensor mask;                           // which of its steps count, bool (rows, time); see set_mask
};

using NodePtr = std::shared_ptr<Node>;

// Checks the inputs against the operation's rule and makes the node. Operands that are plain values become constants;
// a weak scalar takes the dtype of the first operand that is not one. Throws ValueError naming op, rule and shapes.
Tensor make(const char* operation, const std::vector<Tensor>& inputs, Attributes attributes = {});

// The node behind a tensor (a constant for plain values), and the promise of a node's values.
NodePtr node_of(const Tensor& tensor);
Tensor tensor_of(const NodePtr& node);
// The variable's value. Within a trace: as it is when the plan runs, always the same node, or what the trace has
// assigned to it. Outside of one: a copy of the value now.
Tensor read(const Variable& variable);

// A tensor may carry a mask, as Keras's `_keras_mask`: layers pass it on, losses leave out what it leaves out. Plain
// values carry none.
Tensor mask_of(const Tensor& tensor);  // undefined: every step counts
void set_mask(const Tensor& tensor, const Tensor& mask);

// For the tables and the trace: a node without inputs, or a root.
std::shared_ptr<Node> make_node(const char* operation, Shape shape, DType dtype);

// Names nodes made in this thread while it lives; nested scopes join with '/'.
class Scope {
 public:
  explicit Scope(const std::string& name);
  struct Whole {};
  Scope(Whole, const std::string& scope);  // replaces what surrounds it: gradients of a forward node
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  std::string previous_;
};
const std::string& current_scope();

}  // namespace shoal::graph
