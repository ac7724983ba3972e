#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct AttentionOptions {
  bool use_scale = false;
  std::string score_mode = "dot";  // or "concat"
  double dropout = 0;              // of attention weights, in training
  std::optional<std::uint64_t> seed = {};
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct AdditiveAttentionOptions {
  bool use_scale = true;
  double dropout = 0;
  std::optional<std::uint64_t> seed = {};
  std::string name = {};
  std::optional<DType> dtype = {};
};

// softmax(scores) V: inputs are query (rows, t, d), value (rows, s, e) and, if given, key (rows, s, d), else the value.
// Scores are scale query key^T ("dot"), or weight sum(tanh(scale (query + key))) ("concat"). The value's mask leaves
// steps out, the query's sets the output to zero. Arguments of the call: "use_causal_mask", and
// "return_attention_scores" for a second output (rows, t, s).
Layer Attention(const AttentionOptions& options = {});
// Scores are sum(scale tanh(query + key)), one scale for each of d.
Layer AdditiveAttention(const AdditiveAttentionOptions& options = {});

Layer attention_from_config(const nlohmann::json& config);
Layer additive_attention_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
