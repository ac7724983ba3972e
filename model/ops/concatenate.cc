#include "model/ops/concatenate.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/shape.h"

namespace shoal::ops {
Tensor concatenate(const std::vector<Tensor>& tensors, int axis) {
  if (tensors.empty()) raise("concatenate: needs at least one tensor");
  if (tensors[0].shape().rank() == 0) raise("concatenate: scalars have no axis to be joined along");
  const int place = tensors[0].shape().normalize_axis(axis);
  std::vector<Tensor> parts = tensors;
  while (parts.size() > 1) {  // a node takes four
    std::vector<Tensor> next;
    for (std::size_t i = 0; i < parts.size(); i += 4) {
      const std::vector<Tensor> some(parts.begin() + static_cast<std::ptrdiff_t>(i),
                                     parts.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, parts.size())));
      next.push_back(some.size() == 1 ? some[0] : graph::make("concatenate", some, graph::AxisAttributes{place}));
    }
    parts = std::move(next);
  }
  return parts[0];
}

Tensor stack(const std::vector<Tensor>& tensors, int axis) {
  if (tensors.empty()) raise("stack: needs at least one tensor");
  const int place = axis < 0 ? axis + tensors[0].shape().rank() + 1 : axis;
  std::vector<Tensor> parts;
  for (const Tensor& tensor : tensors) parts.push_back(expand_dims(tensor, place));
  return concatenate(parts, place);
}

Tensor tile(const Tensor& x, const std::vector<std::int64_t>& repeats) {
  if (static_cast<int>(repeats.size()) != x.shape().rank())
    raise("tile: shape {} needs {} repeats, received {}", x.shape().to_string(), x.shape().rank(), repeats.size());
  Tensor result = x;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const std::int64_t times = repeats[static_cast<std::size_t>(axis)], size = result.shape()[axis];
    if (times == 1) continue;
    if (size < 0 || times < 0)
      raise("tile: axis {} of shape {} cannot be repeated {} times", axis, x.shape().to_string(), times);
    // Repeated along a new axis in front of this one, then both are one.
    const Tensor thin = expand_dims(result, axis);
    std::vector<std::int64_t> dims = thin.shape().dims();
    dims[static_cast<std::size_t>(axis)] = times;
    const Tensor spread = broadcast_to(thin, Shape(dims));
    dims.erase(dims.begin() + axis);
    dims[static_cast<std::size_t>(axis)] = times * size;
    result = graph::make("reshape", {spread}, graph::ShapeAttributes{Shape(std::move(dims))});
  }
  return result;
}

}  // namespace shoal::ops
