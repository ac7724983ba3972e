#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct MultiHeadAttentionOptions {
  std::optional<std::int64_t> value_dim = {};  // none: key_dim
  double dropout = 0;                          // of attention weights, in training
  bool use_bias = true;
  std::vector<std::int64_t> output_shape = {};  // of one step; empty: as the query's
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;  // these five: of each projection
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  bool use_gate = false;                            // heads are multiplied with sigmoid(query gate)
  std::optional<std::int64_t> sliding_window = {};  // steps further apart do not see each other
  std::optional<std::uint64_t> seed = {};
  std::string name = {};
  std::optional<DType> dtype = {};
};

// softmax(Q K^T / sqrt(key_dim)) V of every head, projected to the query's size. Inputs are query (rows, t, d), value
// (rows, s, e), and, if given, key (rows, s, f) and an attention mask of bool (rows, t, s); the masks that query, value
// and key carry count too. Arguments of the call: "use_causal_mask", and "return_attention_scores" for a second output
// (rows, heads, t, s).
Layer MultiHeadAttention(std::int64_t num_heads, std::int64_t key_dim, const MultiHeadAttentionOptions& options = {});

Layer multi_head_attention_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
