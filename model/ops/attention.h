#pragma once

#include "model/tensor/tensor.h"

// Products of attention on heads as they come out of a projection, (rows, steps, heads, size): nothing is transposed.
namespace shoal::ops {

// query (rows, t, heads, d), key (rows, s, heads, d) -> (rows, heads, t, s), the dot product of each pair.
Tensor attention_scores(const Tensor& query, const Tensor& key);
struct AttentionWeightsOptions {
  double scale = 1;    // of the scores; positive
  Tensor mask = {};    // bool, broadcast to (rows, heads, t, s): which key steps a query step sees
  bool adds = false;   // an unseen score loses 1e9, instead of being -1e9
  bool drops = false;  // an unseen weight is zero, also where a query sees nothing
};

// The softmax of the scores over s, (rows, heads, t, s), as one operation.
Tensor attention_weights(const Tensor& query, const Tensor& key, const AttentionWeightsOptions& options = {});
// weights (rows, heads, t, s), value (rows, s, heads, d) -> (rows, t, heads, d), the weighted sum of values.
Tensor attention_values(const Tensor& weights, const Tensor& value);

}  // namespace shoal::ops
