#pragma once

#include <vector>

#include "model/tensor/tensor.h"

// Parts of a tensor. The rows of a traced batch are always taken whole.
namespace shoal::ops {

// `sizes[i]` elements of axis i from `starts[i]` on; a size of -1 takes the rest.
Tensor slice(const Tensor& x, const std::vector<std::int64_t>& starts, const std::vector<std::int64_t>& sizes);
// Python's x[..., begin:end:step] on one axis; negative positions count from the end.
Tensor slice_axis(const Tensor& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
Tensor flip(const Tensor& x, int axis);

// Equal parts, or parts of the given sizes.
std::vector<Tensor> split(const Tensor& x, int parts, int axis = 0);
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int axis);

}  // namespace shoal::ops
