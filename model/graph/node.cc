#include "model/graph/node.h"

#include <atomic>

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/graph/trace.h"

namespace shoal::graph {
namespace {

std::atomic<std::uint64_t> next_id{0};
thread_local std::string scope;

NodePtr constant(const Tensor& values) {
  auto node = make_node("constant", values.shape(), values.dtype());
  node->constant = values;
  return node;
}

Tensor scalar(double value, DType dtype) {
  Tensor exact(Shape{}, DType::kFloat64);
  *exact.mutable_data<double>() = value;
  return exact.astype(dtype);
}

// Weak scalars take the dtype of the first operand that is not one.
std::vector<NodePtr> nodes_of(const char* operation, const std::vector<Tensor>& inputs) {
  const Tensor* strong = nullptr;
  for (const Tensor& input : inputs) {
    if (!input.defined()) raise("{}: an operand is an undefined tensor", operation);
    if (strong == nullptr && !input.is_weak_scalar() && input.dtype() != DType::kBool) strong = &input;
  }
  std::vector<NodePtr> nodes;
  for (const Tensor& input : inputs) {
    const bool adapts = input.is_weak_scalar() && strong != nullptr && input.dtype() != strong->dtype();
    nodes.push_back(adapts ? constant(scalar(input.weak_value(), strong->dtype())) : node_of(input));
  }
  return nodes;
}

}  // namespace

std::shared_ptr<Node> make_node(const char* name, Shape shape, DType dtype) {
  auto node = std::make_shared<Node>();
  node->operation = &operation(name);
  node->shape = std::move(shape);
  node->dtype = dtype;
  node->id = ++next_id;
  node->scope = scope;
  return node;
}

Tensor mask_of(const Tensor& tensor) { return tensor.node() ? tensor.node()->mask : Tensor(); }

void set_mask(const Tensor& tensor, const Tensor& mask) {
  if (!tensor.node()) raise<InternalError>("set_mask: plain values carry no mask");
  tensor.node()->mask = mask;
}

Tensor make(const char* name, const std::vector<Tensor>& inputs, Attributes attributes) {
  std::vector<NodePtr> nodes = nodes_of(name, inputs);
  const Operation& op = operation(name);
  const int count = static_cast<int>(nodes.size());
  if (count < op.min_inputs || count > op.max_inputs)
    raise<InternalError>("{}: takes {} to {} operands, received {}", name, op.min_inputs, op.max_inputs, count);
  Result result = op.infer(op, nodes, attributes);
  auto node = make_node(name, std::move(result.shape), result.dtype);
  node->inputs = std::move(nodes);
  node->attributes = std::move(attributes);
  return tensor_of(node);
}

NodePtr node_of(const Tensor& tensor) { return tensor.node() ? tensor.node() : constant(tensor); }

Tensor tensor_of(const NodePtr& node) {
  return node->operation->is("constant") ? node->constant : Tensor::promise(node, node->shape, node->dtype);
}

Tensor read(const Variable& variable) {
  if (Trace* trace = Trace::current()) return trace->read(variable);
  auto node = make_node("variable", variable.shape(), variable.dtype());
  node->variable = variable;
  node->constant = variable.value();
  return tensor_of(node);
}

Scope::Scope(const std::string& name) : previous_(scope) { scope = scope.empty() ? name : scope + "/" + name; }
Scope::Scope(Whole, const std::string& whole) : previous_(scope) { scope = whole; }
Scope::~Scope() { scope = std::move(previous_); }
const std::string& current_scope() { return scope; }

}  // namespace shoal::graph
