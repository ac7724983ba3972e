#include "model/ops/attention.h"

#include "model/graph/node.h"

namespace shoal::ops {

Tensor attention_scores(const Tensor& query, const Tensor& key) {
  return graph::make("batch_matmul", {query, key},
                     graph::BatchMatmulAttributes{.transpose_b = true, .heads_a = true, .heads_b = true});
}

Tensor attention_weights(const Tensor& query, const Tensor& key, const AttentionWeightsOptions& options) {
  std::vector<Tensor> inputs{query, key};
  if (options.mask.defined()) inputs.push_back(options.mask);
  return graph::make("attention_weights", inputs,
                     graph::AttentionAttributes{options.scale, options.adds, options.drops});
}

Tensor attention_values(const Tensor& weights, const Tensor& value) {
  return graph::make("batch_matmul", {weights, value},
                     graph::BatchMatmulAttributes{.heads_b = true, .heads_out = true});
}

}  // namespace shoal::ops
