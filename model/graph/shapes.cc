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

Result concatenated(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& first = inputs[0]->shape;
  const int axis = std::get<AxisAttributes>(attributes).axis;
  std::vector<std::int64_t> dims = first.dims();
  dims[static_cast<std::size_t>(axis)] = 0;
  for (const NodePtr& input : inputs) {
    require_same_dtype(operation, *inputs[0], *input);
    const Shape& shape = input->shape;
    bool fits = shape.rank() == first.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || shape[i] == first[i];
    if (!fits)
      raise("{}: shapes must agree but for axis {}, received {} and {}", operation.name, axis, first.to_string(),
            shape.to_string());
    if (axis == 0 && shape.has_rows())
      raise("{}: the rows of the batch cannot be joined, received shape {}", operation.name, shape.to_string());
    dims[static_cast<std::size_t>(axis)] += shape[axis];
  }
  return {Shape(std::move(dims)), inputs[0]->dtype};
}

// Every element of the slice lies in the whole, and the rows of the batch are taken as they are.
void require_slice(const Operation& operation, const Shape& whole, const Shape& part, const SliceAttributes& slice) {
  const auto rank = static_cast<std::size_t>(whole.rank());
  bool fits = part.dims().size() == rank && slice.starts.size() == rank && slice.steps.size() == rank;
  for (std::size_t i = 0; fits && i < rank; ++i) {
    const std::int64_t size = whole.dims()[i], taken = part.dims()[i], start = slice.starts[i], step = slice.steps[i];
    if (size < 0) {
      fits = taken == size && start == 0 && step == 1;
    } else if (taken != 0) {
      const std::int64_t last = start + (taken - 1) * step;
      fits = taken > 0 && start >= 0 && start < size && last >= 0 && last < size && step != 0;
    }
  }
  if (!fits)
    raise("{}: a slice of shape {} does not lie in shape {}", operation.name, part.to_string(), whole.to_string());
}

Result sliced(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto& slice = std::get<SliceAttributes>(attributes);
  require_slice(operation, inputs[0]->shape, slice.shape, slice);
  return {slice.shape, inputs[0]->dtype};
}

Result put_back(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto& slice = std::get<SliceAttributes>(attributes);
  require_slice(operation, slice.shape, inputs[0]->shape, slice);
  return {slice.shape, inputs[0]->dtype};
}

constexpr Operation kShapes[] = {
    {"reshape", 1, 1, reshaped, row_wise, no_cost},
    {"stop_gradient", 1, 1, same_as_first, row_wise, no_cost},
    {"broadcast_to", 1, 1, broadcasted, row_wise, cost_of_output},
    {"transpose", 1, 1, transposed, row_wise, cost_of_output},
    {"concatenate", 1, 4, concatenated, row_wise, cost_of_output},
    {"slice", 1, 1, sliced, row_wise, cost_of_output},
    {"unslice", 1, 1, put_back, row_wise, cost_of_output},  // the slice in its place, zeros around it
    {"one_hot", 1, 1, one_hot, row_wise, cost_of_output},
};

}  // namespace

std::span<const Operation> tables::shapes() { return kShapes; }

}  // namespace shoal::graph
