#pragma once

#include "model/tensor/tensor.h"

namespace shoal::ops {

// Rows of x (n, ...) by number: (indices..., ...). Indices are int32 or int64; one outside of [0, n) is a ValueError
// when the values are computed, naming the layer, the index and n. The gradient adds up in the order of the indices.
Tensor take(const Tensor& x, const Tensor& indices, int axis = 0);

}  // namespace shoal::ops
