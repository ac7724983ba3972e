#include "model/ops/slice.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/graph/node.h"

namespace shoal::ops {
namespace {

graph::SliceAttributes whole(const Shape& shape) {
  const auto rank = static_cast<std::size_t>(shape.rank());
  return {std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 1), shape};
}

void set_size(graph::SliceAttributes& slice, int axis, std::int64_t size) {
  std::vector<std::int64_t> dims = slice.shape.dims();
  dims[static_cast<std::size_t>(axis)] = size;
  slice.shape = Shape(std::move(dims));
}

}  // namespace

Tensor slice(const Tensor& x, const std::vector<std::int64_t>& starts, const std::vector<std::int64_t>& sizes) {
  const Shape& shape = x.shape();
  const auto rank = static_cast<std::size_t>(shape.rank());
  if (starts.size() != rank || sizes.size() != rank)
    raise("slice: shape {} needs {} starts and sizes, received {} and {}", shape.to_string(), rank, starts.size(),
          sizes.size());
  graph::SliceAttributes slice = whole(shape);
  slice.starts = starts;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    if (shape[axis] >= 0) set_size(slice, axis, sizes[i] == -1 ? shape[axis] - starts[i] : sizes[i]);
  }
  return graph::make("slice", {x}, std::move(slice));
}

Tensor slice_axis(const Tensor& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const int place = x.shape().normalize_axis(axis);
  const std::int64_t size = x.shape()[place];
  if (size < 0) raise("slice_axis: the rows of shape {} are always taken whole", x.shape().to_string());
  if (step <= 0) raise("slice_axis: step must be positive, received {}", step);
  const auto position = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
  begin = position(begin);
  end = std::max(begin, position(end));
  if (begin == 0 && end == size && step == 1) return x;
  graph::SliceAttributes slice = whole(x.shape());
  slice.starts[static_cast<std::size_t>(place)] = begin;
  slice.steps[static_cast<std::size_t>(place)] = step;
  set_size(slice, place, (end - begin + step - 1) / step);
  return graph::make("slice", {x}, std::move(slice));
}

Tensor flip(const Tensor& x, int axis) {
  const int place = x.shape().normalize_axis(axis);
  if (x.shape()[place] < 0) raise("flip: the rows of shape {} cannot be turned round", x.shape().to_string());
  graph::SliceAttributes slice = whole(x.shape());
  slice.starts[static_cast<std::size_t>(place)] = x.shape()[place] - 1;
  slice.steps[static_cast<std::size_t>(place)] = -1;
  return graph::make("slice", {x}, std::move(slice));
}

std::vector<Tensor> split(const Tensor& x, int parts, int axis) {
  const std::int64_t size = x.shape()[axis];
  if (parts < 1 || size < 0 || size % parts != 0)
    raise("split: axis {} of shape {} cannot be cut into {} equal parts", axis, x.shape().to_string(), parts);
  return split(x, std::vector<std::int64_t>(static_cast<std::size_t>(parts), size / parts), axis);
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int axis) {
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(slice_axis(x, axis, begin, begin + size));
    begin += size;
  }
  if (begin != x.shape()[axis])
    raise("split: the parts of axis {} of shape {} add up to {}", axis, x.shape().to_string(), begin);
  return parts;
}

}  // namespace shoal::ops
