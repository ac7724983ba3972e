#include "model/graph/trace.h"

#include "common/base/error.h"
#include "model/graph/operation.h"

namespace shoal::graph {
namespace {

thread_local Trace* current_trace = nullptr;
thread_local const EagerStep* current_step = nullptr;

Tensor source(const char* operation, DType dtype) { return tensor_of(make_node(operation, Shape{}, dtype)); }

Tensor floating_source(const char* operation, DType dtype, Tensor (&made)[2]) {
  if (!is_floating(dtype)) raise("{}: needs a floating dtype, received {}", operation, name_of(dtype));
  Tensor& result = made[dtype == DType::kFloat64 ? 1 : 0];
  if (!result.defined()) result = source(operation, dtype);
  return result;
}

Tensor root(const char* operation, const Variable& variable, const Tensor& value, const char* what) {
  if (value.shape() != variable.shape() || value.dtype() != variable.dtype())
    raise("{} variable '{}': needs shape {} and dtype {}, received {} and {}", what, variable.path(),
          variable.shape().to_string(), name_of(variable.dtype()), value.shape().to_string(), name_of(value.dtype()));
  const NodePtr source = node_of(value);  // before the root: inputs have smaller ids
  auto node = make_node(operation, variable.shape(), variable.dtype());
  node->inputs = {source};
  node->variable = variable;
  return tensor_of(node);
}

}  // namespace

Trace::Trace(bool training) : training_(training), previous_(current_trace) { current_trace = this; }
Trace::~Trace() { current_trace = previous_; }
Trace* Trace::current() { return current_trace; }

Tensor Trace::input(const std::string& name, const Shape& shape, DType dtype) {
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (axis > 0 && shape[axis] < 0)
      raise("input '{}': only the first axis may be the rows of the batch, received {}", name, shape.to_string());
  auto node = make_node("input", shape, dtype);
  node->name = name;
  inputs_.push_back(tensor_of(node));
  return inputs_.back();
}

Tensor Trace::step() {
  if (!step_.defined()) step_ = source("step", DType::kInt64);
  return step_;
}

Tensor Trace::first_row() {
  if (!first_row_.defined()) first_row_ = source("first_row", DType::kInt64);
  return first_row_;
}

Tensor Trace::inverse_rows(DType dtype) { return floating_source("inverse_rows", dtype, inverse_rows_); }
Tensor Trace::row_count(DType dtype) { return floating_source("row_count", dtype, row_count_); }

void Trace::add_assign(const Variable& variable, const Tensor& value) {
  roots_.push_back(root("assign", variable, value, "assigning to"));
  values_[variable.id()] = value;
}

void Trace::add_gradient(const Variable& variable, const Tensor& gradient) {
  roots_.push_back(root("apply_gradient", variable, gradient, "the gradient of"));
}

Tensor Trace::read(const Variable& variable) {
  Tensor& value = values_[variable.id()];
  if (!value.defined()) {
    auto node = make_node("variable", variable.shape(), variable.dtype());
    node->variable = variable;
    value = tensor_of(node);
  }
  return value;
}

EagerStep::EagerStep(std::int64_t the_step, std::int64_t the_first_row)
    : step(the_step), first_row(the_first_row), previous_(current_step) {
  current_step = this;
}
EagerStep::~EagerStep() { current_step = previous_; }
const EagerStep* EagerStep::current() { return current_step; }

}  // namespace shoal::graph
