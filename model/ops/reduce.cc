#include <algorithm>
#include <numeric>

#include "common/base/error.h"
#include "model/graph/trace.h"
#include "model/ops/math.h"
#include "model/ops/shape.h"

namespace shoal::ops {
namespace {

// Normalized, ascending, each once; all axes when none are given.
std::vector<int> axes_of(const Tensor& x, std::vector<int> axes, const char* place) {
  if (axes.empty()) {
    axes.resize(static_cast<std::size_t>(x.shape().rank()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (int& axis : axes) axis = x.shape().normalize_axis(axis);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    raise("{}: an axis of shape {} is named twice", place, x.shape().to_string());
  return axes;
}

}  // namespace

Tensor sum(const Tensor& x, std::vector<int> axes, bool keepdims) {
  return graph::make("sum", {x}, graph::ReduceAttributes{axes_of(x, std::move(axes), "sum"), keepdims});
}

Tensor max(const Tensor& x, std::vector<int> axes, bool keepdims) {
  return graph::make("max", {x}, graph::ReduceAttributes{axes_of(x, std::move(axes), "max"), keepdims});
}

Tensor mean(const Tensor& x, std::vector<int> axes, bool keepdims) {
  axes = axes_of(x, std::move(axes), "mean");
  if (!is_floating(x.dtype())) raise("mean: needs a floating dtype, received {} (use ops::cast)", name_of(x.dtype()));
  double count = 1;
  bool over_rows = false;
  for (int axis : axes) {
    const std::int64_t size = x.shape()[axis];
    over_rows = over_rows || size < 0;
    count *= static_cast<double>(size < 0 ? -size : size);
  }
  if (count == 0) raise("mean: no elements in shape {}", x.shape().to_string());
  const Tensor total = sum(x, axes, keepdims);
  if (!over_rows) return count == 1 ? total : total / count;
  graph::Trace* trace = graph::Trace::current();
  if (trace == nullptr) raise("mean: the rows of shape {} are only known within a trace", x.shape().to_string());
  const Tensor result = total * trace->inverse_rows(x.dtype());
  return count == 1 ? result : result / count;
}

Tensor min(const Tensor& x, std::vector<int> axes, bool keepdims) {
  return negative(max(negative(x), std::move(axes), keepdims));
}

Tensor var(const Tensor& x, std::vector<int> axes, bool keepdims) {
  axes = axes_of(x, std::move(axes), "var");
  return mean(square(x - mean(x, axes, true)), axes, keepdims);
}

Tensor any(const Tensor& x, std::vector<int> axes, bool keepdims) {
  if (x.dtype() != DType::kBool) raise("any: needs bool, received {}", name_of(x.dtype()));
  return greater(max(cast(x, DType::kInt32), std::move(axes), keepdims), 0.0);
}

Tensor all(const Tensor& x, std::vector<int> axes, bool keepdims) {
  return logical_not(any(logical_not(x), std::move(axes), keepdims));
}

Tensor argmax(const Tensor& x, int axis) {
  return graph::make("argmax", {x}, graph::AxisAttributes{x.shape().normalize_axis(axis)});
}

}  // namespace shoal::ops
