#include <algorithm>

#include "model/graph/rules.h"

namespace shoal::graph {
namespace {

bool reduces_rows(const Attributes& attributes) {
  const auto& axes = std::get<ReduceAttributes>(attributes).axes;
  return !axes.empty() && axes.front() == 0;
}

Result reduced(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  const auto& reduce = std::get<ReduceAttributes>(attributes);
  if (inputs[0]->dtype == DType::kBool) raise("{}: needs numbers, received bool (use ops::cast)", operation.name);
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < from.rank(); ++axis) {
    const bool gone = std::find(reduce.axes.begin(), reduce.axes.end(), axis) != reduce.axes.end();
    if (!gone) dims.push_back(from[axis]);
    if (gone && reduce.keepdims) dims.push_back(1);
  }
  return {Shape(std::move(dims)), inputs[0]->dtype};
}

Rows rows_of_sum(Inputs, const Attributes& attributes, const Shape&) {
  return reduces_rows(attributes) ? Rows::kSumsRows : Rows::kRowWise;
}

Rows rows_of_max(Inputs, const Attributes& attributes, const Shape&) {
  return reduces_rows(attributes) ? Rows::kWhole : Rows::kRowWise;
}

Result index_of_axis(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  std::vector<std::int64_t> dims = from.dims();
  const int axis = std::get<AxisAttributes>(attributes).axis;
  if (dims[static_cast<std::size_t>(axis)] == 0)
    raise("{}: axis {} of shape {} has no elements", operation.name, axis, from.to_string());
  dims.erase(dims.begin() + axis);
  return {Shape(std::move(dims)), DType::kInt64};
}

Rows rows_of_axis(Inputs, const Attributes& attributes, const Shape&) {
  return std::get<AxisAttributes>(attributes).axis == 0 ? Rows::kWhole : Rows::kRowWise;
}

Result over_last_axis(const Operation& operation, Inputs inputs, const Attributes&) {
  require_floating(operation, *inputs[0]);
  const Shape& shape = inputs[0]->shape;
  if (shape.rank() == 0 || shape[-1] <= 0 || (shape.rank() == 1 && shape.has_rows()))
    raise("{}: needs a last axis of at least one element beside the rows, received shape {}", operation.name,
          shape.to_string());
  return {shape, inputs[0]->dtype};
}

Result softmax_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the gradient");
  return over_last_axis(operation, inputs, attributes);
}

double cost_of_softmax(Inputs, const Attributes&, const Shape& output) { return 5 * elements_or_row(output); }

constexpr Operation kReductions[] = {
    {"sum", 1, 1, reduced, rows_of_sum, cost_of_input},
    {"max", 1, 1, reduced, rows_of_max, cost_of_input},
    {"argmax", 1, 1, index_of_axis, rows_of_axis, cost_of_input},
    {"softmax_gradient", 2, 2, softmax_gradient, row_wise, cost_of_softmax},  // (y, dy)
    {"softmax", 1, 1, over_last_axis, row_wise, cost_of_softmax},
};

}  // namespace

std::span<const Operation> tables::reductions() { return kReductions; }

}  // namespace shoal::graph
