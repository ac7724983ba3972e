#pragma once

#include "model/tensor/tensor.h"

// Products of attention on heads as they come out of a projection, (rows, steps, heads, size): nothing is transposed.
namespace shoal::ops {

// query (rows, t, heads, d), key (rows, s, heads, d) -> (rows, heads, t, s), the dot product of each pair.
Tensor attention_scores(const Tensor& query, const Tensor& key);
// weights (rows, heads, t, s), value (rows, s, heads, d) -> (rows, t, heads, d), the weighted sum of values.
Tensor attention_values(const Tensor& weights, const Tensor& value);

}  // namespace shoal::ops
