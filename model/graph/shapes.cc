#include <algorithm>

#include "model/graph/rules.h"

namespace shoal::graph {
namespace {

Result reshaped(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  const Shape& to = std::get<ShapeAttributes>(attributes).shape;
  for (int axis = 1; axis < to.rank(); ++axis)
    if (to[axis] < 0)
      raise("{}: only the first axis may be the rows of the batch, received {}", operation.name, to.to_string());
  if (from.has_rows() != to.has_rows() || elements_or_row(from) != elements_or_row(to))
    raise("{}: a tensor of shape {} cannot get shape {}", operation.name, from.to_string(), to.to_string());
  return {to, inputs[0]->dtype};
}

Result broadcasted(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  const Shape& to = std::get<ShapeAttributes>(attributes).shape;
  if (broadcast_rows(operation, from, to) != to)
    raise("{}: shape {} cannot be broadcast to {}", operation.name, from.to_string(), to.to_string());
  return {to, inputs[0]->dtype};
}

Result transposed(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  const auto& permutation = std::get<TransposeAttributes>(attributes).permutation;
  std::vector<int> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool valid = static_cast<int>(sorted.size()) == from.rank();
  for (int i = 0; valid && i < from.rank(); ++i) valid = sorted[static_cast<std::size_t>(i)] == i;
  if (!valid) raise("{}: the permutation must name each axis of shape {} once", operation.name, from.to_string());
  if (from.has_rows() && permutation[0] != 0)
    raise("{}: the rows of the batch must stay the first axis of shape {}", operation.name, from.to_string());
  std::vector<std::int64_t> dims;
  for (int axis : permutation) dims.push_back(from[axis]);
  return {Shape(std::move(dims)), inputs[0]->dtype};
}

Result one_hot(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto& hot = std::get<OneHotAttributes>(attributes);
  if (hot.classes <= 0) raise("{}: classes must be positive, received {}", operation.name, hot.classes);
  std::vector<std::int64_t> dims = inputs[0]->shape.dims();
  dims.push_back(hot.classes);
  return {Shape(std::move(dims)), hot.dtype};
}

constexpr Operation kShapes[] = {
    {"reshape", 1, 1, reshaped, row_wise, no_cost},
    {"stop_gradient", 1, 1, same_as_first, row_wise, no_cost},
    {"broadcast_to", 1, 1, broadcasted, row_wise, cost_of_output},
    {"transpose", 1, 1, transposed, row_wise, cost_of_output},
    {"one_hot", 1, 1, one_hot, row_wise, cost_of_output},
};

}  // namespace

std::span<const Operation> tables::shapes() { return kShapes; }

}  // namespace shoal::graph
