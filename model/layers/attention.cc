#include "model/layers/attention.h"

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/attention_mask.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

enum class Scores { kDot, kConcat, kAdditive };

class AttentionImpl : public LayerImpl {
 public:
  AttentionImpl(Scores scores, const AttentionOptions& options)
      : LayerImpl(options.name), scores_(scores), options_(options), stream_(random::next_stream()) {
    if (!(options.dropout >= 0 && options.dropout < 1))
      raise("{}: dropout must be in [0, 1), received {}", class_name(), options.dropout);
    if (options.dtype) set_dtype(*options.dtype);
  }

  std::string class_name() const override { return scores_ == Scores::kAdditive ? "AdditiveAttention" : "Attention"; }
  bool supports_masking() const override { return true; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() != 2 && inputs.size() != 3)
      raise("{} '{}': takes query, value and, if given, key; received {} inputs", class_name(), name(), inputs.size());
    for (const Shape& input : inputs)
      if (input.rank() != 3)
        raise("{} '{}': inputs must be (rows, steps, size), received shape {}", class_name(), name(),
              input.to_string());
    if (inputs[0][2] != inputs.back()[2] || inputs[1][1] != inputs.back()[1])
      raise("{} '{}': query and key must have one size, value and key the same steps; received shapes {}, {} and {}",
            class_name(), name(), inputs[0].to_string(), inputs[1].to_string(), inputs.back().to_string());
  }

  void build_all(const std::vector<Shape>& inputs) override {
    if (options_.use_scale)
      scale_ = scores_ == Scores::kAdditive ? add_weight("scale", {inputs[0][2]}, "glorot_uniform")
                                            : add_weight("scale", {}, "ones");
    if (scores_ == Scores::kConcat) weight_ = add_weight("concat_score_weight", {}, "ones");
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor &query_mask = options.masks.at(0), &value_mask = options.masks.at(1);
    const std::int64_t queries = inputs[0].shape()[1], keys = inputs[1].shape()[1];
    const bool causal = options.arguments.value("use_causal_mask", false);
    const Tensor mask = joined_masks({value_mask.defined() ? ops::expand_dims(value_mask, 1) : Tensor(),
                                      causal ? causal_mask(queries, keys) : Tensor()});
    Tensor weights = weights_of(inputs[0], inputs.back(), mask);
    if (options.training && options_.dropout > 0) weights = ops::dropout(weights, options_.dropout, stream());
    Tensor result = ops::squeeze(ops::attention_values(weights, ops::expand_dims(inputs[1], 2)), 2);
    if (query_mask.defined()) result = ops::where(ops::expand_dims(query_mask, -1), result, Tensor(0.0));
    std::vector<Tensor> outputs{result};
    if (options.arguments.value("return_attention_scores", false)) outputs.push_back(ops::squeeze(weights, 1));
    return outputs;
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = {{"use_scale", options_.use_scale},
                             {"dropout", options_.dropout},
                             {"seed", options_.seed ? nlohmann::json(*options_.seed) : nlohmann::json()}};
    if (scores_ != Scores::kAdditive) config["score_mode"] = options_.score_mode;
    return config;
  }

 private:
  // As of one head: (rows, 1, t, s).
  Tensor weights_of(const Tensor& query, const Tensor& key, const Tensor& mask) const {
    if (scores_ != Scores::kDot) {
      const Tensor scores = scores_of(query, key);
      return ops::expand_dims(ops::softmax(mask.defined() ? ops::where(mask, scores, scores - 1e9) : scores), 1);
    }
    const Tensor scaled = options_.use_scale ? query * ops::convert_to_tensor(scale_) : query;
    const Tensor heads_mask = mask.defined() ? ops::expand_dims(mask, 1) : mask;
    return ops::attention_weights(ops::expand_dims(scaled, 2), ops::expand_dims(key, 2),
                                  {.mask = heads_mask, .adds = true});
  }

  Tensor scores_of(const Tensor& query, const Tensor& key) const {
    const Tensor scale = options_.use_scale ? ops::convert_to_tensor(scale_) : Tensor(1.0);
    const Tensor sums = ops::expand_dims(query, 2) + ops::expand_dims(key, 1);
    if (scores_ == Scores::kAdditive) return ops::sum(scale * ops::tanh(sums), {-1});
    return ops::convert_to_tensor(weight_) * ops::sum(ops::tanh(scale * sums), {-1});
  }

  std::uint64_t stream() const {
    return options_.seed ? random::mix(*options_.seed, 0) : random::mix(random::global_seed(), stream_);
  }

  Scores scores_;
  AttentionOptions options_;
  std::uint64_t stream_;
  Variable scale_, weight_;
};

AttentionOptions read_options(const char* place, const nlohmann::json& config, bool use_scale) {
  AttentionOptions options;
  options.use_scale = read_flag(place, config, "use_scale", use_scale);
  options.dropout = read_number(place, config, "dropout", 0);
  if (config.contains("seed") && !config["seed"].is_null())
    options.seed = static_cast<std::uint64_t>(read_integer(place, config, "seed"));
  options.name = read_text(place, config, "name", "");
  return options;
}

}  // namespace

Layer Attention(const AttentionOptions& options) {
  if (options.score_mode != "dot" && options.score_mode != "concat")
    raise("Attention: score_mode must be 'dot' or 'concat', received '{}'", options.score_mode);
  return make_layer<AttentionImpl>(options.score_mode == "dot" ? Scores::kDot : Scores::kConcat, options);
}

Layer AdditiveAttention(const AdditiveAttentionOptions& options) {
  return make_layer<AttentionImpl>(Scores::kAdditive, AttentionOptions{.use_scale = options.use_scale,
                                                                       .dropout = options.dropout,
                                                                       .seed = options.seed,
                                                                       .name = options.name,
                                                                       .dtype = options.dtype});
}

Layer attention_from_config(const nlohmann::json& config) {
  AttentionOptions options = read_options("Attention", config, false);
  options.score_mode = read_text("Attention", config, "score_mode", "dot");
  Layer layer = Attention(options);
  read_common(*layer, config);
  return layer;
}

Layer additive_attention_from_config(const nlohmann::json& config) {
  Layer layer = make_layer<AttentionImpl>(Scores::kAdditive, read_options("AdditiveAttention", config, true));
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
