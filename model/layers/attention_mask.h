#pragma once

#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::layers {

// (1, t, s): step i of the query sees steps 0...i.
Tensor causal_mask(std::int64_t query_steps, std::int64_t steps);
// (1, t, s): steps less than `window` apart see each other.
Tensor window_mask(std::int64_t query_steps, std::int64_t steps, std::int64_t window);

// All of the defined ones together, broadcast; undefined when there is none.
Tensor joined_masks(const std::vector<Tensor>& masks);

}  // namespace shoal::layers
