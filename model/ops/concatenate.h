#pragma once

#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::ops {

// Behind each other along an axis that is not the rows of a traced batch. One dtype; all other axes equal.
Tensor concatenate(const std::vector<Tensor>& tensors, int axis = -1);
Tensor stack(const std::vector<Tensor>& tensors, int axis = 0);  // along a new axis
// The whole tensor repeats[i] times along axis i.
Tensor tile(const Tensor& x, const std::vector<std::int64_t>& repeats);

}  // namespace shoal::ops
