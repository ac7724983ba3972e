#include "model/ops/shape.h"

#include <algorithm>
#include <numeric>

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/graph/trace.h"

namespace shoal::ops {
namespace {

// A size of -1 becomes what is left, unless it stands for the rows of the batch.
Shape resolve(const Shape& from, const Shape& to, bool rows_in_front) {
  std::vector<std::int64_t> dims = to.dims();
  const auto begin = dims.begin() + (rows_in_front ? 1 : 0);
  const auto open = std::find(begin, dims.end(), -1);
  if (open == dims.end()) return Shape(std::move(dims));
  std::int64_t known = 1;
  for (auto dim = dims.begin(); dim != dims.end(); ++dim)
    if (dim != open) known *= *dim < 0 ? -*dim : *dim;
  const auto total = static_cast<std::int64_t>(graph::elements_or_row(from));
  if (known == 0 || total % known != 0)
    raise("reshape: a tensor of shape {} cannot get shape {}", from.to_string(), to.to_string());
  *open = total / known;
  return Shape(std::move(dims));
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  const Shape target = resolve(x.shape(), shape, x.shape().has_rows());
  if (target == x.shape()) return x;
  return graph::make("reshape", {x}, graph::ShapeAttributes{target});
}

Tensor reshape_rows(const Tensor& x, const std::vector<std::int64_t>& row_shape) {
  if (x.shape().rank() == 0) raise("reshape_rows: a scalar has no rows");
  std::vector<std::int64_t> dims{x.rows()};
  dims.insert(dims.end(), row_shape.begin(), row_shape.end());
  const Shape target = resolve(x.shape(), Shape(std::move(dims)), true);
  if (target == x.shape()) return x;
  return graph::make("reshape", {x}, graph::ShapeAttributes{target});
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (shape == x.shape()) return x;
  return graph::make("broadcast_to", {x}, graph::ShapeAttributes{shape});
}

Tensor transpose(const Tensor& x, std::vector<int> permutation) {
  if (permutation.empty()) {
    permutation.resize(static_cast<std::size_t>(x.shape().rank()));
    std::iota(permutation.rbegin(), permutation.rend(), 0);
  }
  for (int& axis : permutation) axis = x.shape().normalize_axis(axis);
  return graph::make("transpose", {x}, graph::TransposeAttributes{std::move(permutation)});
}

Tensor pad(const Tensor& x, std::vector<std::array<std::int64_t, 2>> pad_width) {
  return graph::make("pad", {x}, graph::PadAttributes{std::move(pad_width)});
}

Tensor repeat(const Tensor& x, std::int64_t repeats, int axis) {
  const int place = x.shape().normalize_axis(axis);
  if (repeats <= 0) raise("repeat: repeats must be positive, received {}", repeats);
  if (x.shape()[place] < 0) raise("repeat: the rows of shape {} cannot be repeated", x.shape().to_string());
  if (repeats == 1) return x;
  std::vector<std::int64_t> dims = x.shape().dims();
  dims.insert(dims.begin() + place + 1, 1);
  const Tensor thin = graph::make("reshape", {x}, graph::ShapeAttributes{Shape(dims)});
  dims[static_cast<std::size_t>(place) + 1] = repeats;
  const Tensor wide = broadcast_to(thin, Shape(dims));
  dims.erase(dims.begin() + place + 1);
  dims[static_cast<std::size_t>(place)] *= repeats;
  return graph::make("reshape", {wide}, graph::ShapeAttributes{Shape(std::move(dims))});
}

Tensor expand_dims(const Tensor& x, int axis) {
  const int rank = x.shape().rank();
  const int place = axis < 0 ? axis + rank + 1 : axis;
  if (place < 0 || place > rank)
    raise("expand_dims: axis {} is out of range for shape {}", axis, x.shape().to_string());
  std::vector<std::int64_t> dims = x.shape().dims();
  dims.insert(dims.begin() + place, 1);
  return graph::make("reshape", {x}, graph::ShapeAttributes{Shape(std::move(dims))});
}

Tensor squeeze(const Tensor& x, int axis) {
  const int place = x.shape().normalize_axis(axis);
  if (x.shape()[place] != 1) raise("squeeze: axis {} of shape {} is not 1", axis, x.shape().to_string());
  std::vector<std::int64_t> dims = x.shape().dims();
  dims.erase(dims.begin() + place);
  return graph::make("reshape", {x}, graph::ShapeAttributes{Shape(std::move(dims))});
}

Tensor cast(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : graph::make("cast", {x}, graph::CastAttributes{dtype});
}

Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype) {
  return graph::make("one_hot", {cast(labels, DType::kInt64)}, graph::OneHotAttributes{classes, dtype});
}

namespace {
Tensor filled_like(const Tensor& x, double value) {
  Tensor scalar(Shape{}, DType::kFloat64);
  *scalar.mutable_data<double>() = value;
  return broadcast_to(scalar.astype(x.dtype()), x.shape());
}
}  // namespace

Tensor zeros_like(const Tensor& x) { return filled_like(x, 0); }
Tensor ones_like(const Tensor& x) { return filled_like(x, 1); }

Tensor arange(std::int64_t stop, DType dtype) {
  if (stop < 0) raise("arange: stop may not be negative, received {}", stop);
  std::vector<std::int64_t> values(static_cast<std::size_t>(stop));
  std::iota(values.begin(), values.end(), 0);
  return Tensor(values, Shape{stop}).astype(dtype);
}

Tensor row_count(const Tensor& x, DType dtype) {
  if (x.shape().rank() == 0) raise("row_count: a scalar has no rows");
  Tensor factor(Shape{}, DType::kFloat64);
  *factor.mutable_data<double>() = static_cast<double>(std::abs(x.rows()));
  if (!x.shape().has_rows()) return factor.astype(dtype);
  graph::Trace* trace = graph::Trace::current();
  if (trace == nullptr) raise("row_count: the rows of shape {} are only known within a trace", x.shape().to_string());
  const Tensor rows = trace->row_count(dtype);
  return x.rows() == kRows ? rows : graph::make("multiply", {rows, factor.astype(dtype)});
}

Tensor stop_gradient(const Tensor& x) { return graph::make("stop_gradient", {x}); }

}  // namespace shoal::ops
