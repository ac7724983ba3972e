#include "model/ops/normalization.h"

#include <algorithm>
#include <cstdlib>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/ops.h"

namespace shoal::ops {
namespace {

// `axes` behind all others, in their order; empty when they lie there already.
std::vector<int> axes_last(const Shape& shape, const std::vector<int>& axes) {
  std::vector<int> order;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  order.insert(order.end(), axes.begin(), axes.end());
  return std::is_sorted(order.begin(), order.end()) ? std::vector<int>{} : order;
}

std::vector<int> inverse(const std::vector<int>& permutation) {
  std::vector<int> result(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i)
    result[static_cast<std::size_t>(permutation[i])] = static_cast<int>(i);
  return result;
}

Tensor filled(std::int64_t size, double value, DType dtype) {
  return Tensor(std::vector<double>(static_cast<std::size_t>(size), value), Shape{size}).astype(dtype);
}

}  // namespace

Tensor layer_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta, std::vector<int> axes,
                           double epsilon) {
  for (int& axis : axes) axis = x.shape().normalize_axis(axis);
  std::sort(axes.begin(), axes.end());
  if (axes.empty() || std::adjacent_find(axes.begin(), axes.end()) != axes.end() ||
      (axes[0] == 0 && x.shape().rank() > 1))
    raise("layer_normalization: axes of shape {} must be named once each, without the batch axis",
          x.shape().to_string());
  const std::vector<int> order = axes_last(x.shape(), axes);
  const Tensor moved = order.empty() ? x : transpose(x, order);
  std::int64_t size = 1;
  for (int axis : axes) size *= x.shape()[axis];
  std::vector<std::int64_t> dims = moved.shape().dims();
  dims.resize(dims.size() - axes.size());
  dims.push_back(size);
  const auto vector = [&](const Tensor& given, double fallback) {
    return given.defined() ? reshape(given, Shape{size}) : filled(size, fallback, x.dtype());
  };
  const Tensor flat =
      graph::make("layer_norm", {reshape(moved, Shape(std::move(dims))), vector(gamma, 1), vector(beta, 0)},
                  graph::EpsilonAttributes{epsilon});
  const Tensor result = reshape(flat, moved.shape());
  return order.empty() ? result : transpose(result, inverse(order));
}

Tensor batch_normalization(const Tensor& x, const Tensor& mean, const Tensor& variance, int axis, const Tensor& offset,
                           const Tensor& scale, double epsilon) {
  const std::vector<int> order = axes_last(x.shape(), {x.shape().normalize_axis(axis)});
  Tensor factor = rsqrt(variance + epsilon);
  if (scale.defined()) factor = factor * scale;
  Tensor shift = -(mean * factor);
  if (offset.defined()) shift = offset + shift;
  const Tensor result = graph::make("scale_shift", {order.empty() ? x : transpose(x, order), stack({factor, shift})});
  return order.empty() ? result : transpose(result, inverse(order));
}

Moments moments_of_axis(const Tensor& x, int axis, const Tensor& center) {
  const int place = x.shape().normalize_axis(axis);
  const std::vector<int> order = axes_last(x.shape(), {place});
  std::int64_t count = 1;
  for (int other = 1; other < x.shape().rank(); ++other)
    if (other != place) count *= x.shape()[other];
  // A process without rows: no sum is not a number.
  const Tensor total = maximum(row_count(x, x.dtype()) * Tensor(static_cast<double>(count)), Tensor(1.0));
  const Tensor sums = graph::make("column_moments", {order.empty() ? x : transpose(x, order), center}) / total;
  const std::vector<Tensor> parts = split(sums, 2, 0);
  const Tensor squares = squeeze(parts[0], 0), offset = squeeze(parts[1], 0);
  return {center + offset, squares - square(offset)};
}

}  // namespace shoal::ops
