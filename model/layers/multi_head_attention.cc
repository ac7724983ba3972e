#include "model/layers/multi_head_attention.h"

#include <cmath>

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/attention_mask.h"
#include "model/layers/config.h"
#include "model/layers/head_projection.h"

namespace shoal::layers {
namespace {

constexpr const char* kPlace = "MultiHeadAttention";

class MultiHeadAttentionImpl : public LayerImpl {
 public:
  MultiHeadAttentionImpl(std::int64_t num_heads, std::int64_t key_dim, const MultiHeadAttentionOptions& options)
      : LayerImpl(options.name),
        num_heads_(num_heads),
        key_dim_(key_dim),
        value_dim_(options.value_dim.value_or(key_dim)),
        options_(options),
        stream_(random::next_stream()) {
    check_positive(kPlace, "num_heads", num_heads_);
    check_positive(kPlace, "key_dim", key_dim_);
    check_positive(kPlace, "value_dim", value_dim_);
    for (const std::int64_t size : options.output_shape) check_positive(kPlace, "output_shape", size);
    if (options.sliding_window) check_positive(kPlace, "sliding_window", *options.sliding_window);
    if (!(options.dropout >= 0 && options.dropout < 1))
      raise("{}: dropout must be in [0, 1), received {}", kPlace, options.dropout);
    options_.kernel_initializer = initializers::get_config(options.kernel_initializer);
    options_.bias_initializer = initializers::get_config(options.bias_initializer);
    set_regularizers({{"kernel", options.kernel_regularizer}, {"bias", options.bias_regularizer}});
    set_constraints({{"kernel", options.kernel_constraint}, {"bias", options.bias_constraint}});
    options_.activity_regularizer = regularizers::get_config(options.activity_regularizer);
    if (options.dtype) set_dtype(*options.dtype);
  }

  std::string class_name() const override { return kPlace; }
  bool supports_masking() const override { return true; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() < 2 || inputs.size() > 4)
      raise("{} '{}': takes query, value and, if given, key and attention mask; received {} inputs", kPlace, name(),
            inputs.size());
    for (const Shape& input : inputs)
      if (input.rank() != 3)
        raise("{} '{}': inputs must be (rows, steps, size), received shape {}", kPlace, name(), input.to_string());
    if (inputs.size() > 2 && inputs[1][1] != inputs[2][1])
      raise("{} '{}': value and key must have the same steps, received shapes {} and {}", kPlace, name(),
            inputs[1].to_string(), inputs[2].to_string());
  }

  void build_all(const std::vector<Shape>& inputs) override {
    const Shape &query = inputs[0], &value = inputs[1], &key = inputs.size() > 2 ? inputs[2] : inputs[1];
    query_ = projection("query", "query_dense", {num_heads_, key_dim_}, query);
    key_ = projection("key", "key_dense", {num_heads_, key_dim_}, key);
    if (options_.use_gate) gate_ = projection("gate", "gate_dense", {num_heads_, value_dim_}, query, 1, "sigmoid");
    value_ = projection("value", "value_dense", {num_heads_, value_dim_}, value);
    const std::vector<std::int64_t> size =
        options_.output_shape.empty() ? std::vector<std::int64_t>{query[2]} : options_.output_shape;
    output_ =
        projection("attention_output", "output_dense", size, Shape{query[0], query[1], num_heads_, value_dim_}, 2);
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor &query = inputs[0], &value = inputs[1], &key = inputs.size() > 2 ? inputs[2] : inputs[1];
    const bool wants_scores = options.arguments.value("return_attention_scores", false);
    const Tensor mask = mask_of(inputs, options);
    // A step that may see nothing sees all alike, or, where Keras takes its longer way, nothing.
    const Tensor weights = ops::attention_weights((*query_)(query), (*key_)(key),
                                                  {.scale = 1 / std::sqrt(static_cast<double>(key_dim_)),
                                                   .mask = mask,
                                                   .drops = options_.dropout > 0 || wants_scores});
    Tensor kept = weights;
    if (options.training && options_.dropout > 0) kept = ops::dropout(weights, options_.dropout, stream());
    Tensor heads = ops::attention_values(kept, (*value_)(value));
    if (gate_) heads = heads * (*gate_)(query);
    std::vector<Tensor> outputs{(*output_)(heads)};
    if (wants_scores) outputs.push_back(weights);
    return outputs;
  }

  nlohmann::json get_config() const override {
    const auto or_null = [](const auto& value) { return value ? nlohmann::json(*value) : nlohmann::json(); };
    return {{"num_heads", num_heads_},
            {"key_dim", key_dim_},
            {"value_dim", value_dim_},
            {"dropout", options_.dropout},
            {"use_bias", options_.use_bias},
            {"output_shape", options_.output_shape.empty() ? nlohmann::json() : nlohmann::json(options_.output_shape)},
            {"attention_axes", nullptr},
            {"kernel_initializer", options_.kernel_initializer},
            {"bias_initializer", options_.bias_initializer},
            {"kernel_regularizer", nullptr},
            {"bias_regularizer", nullptr},
            {"activity_regularizer", options_.activity_regularizer},
            {"kernel_constraint", nullptr},
            {"bias_constraint", nullptr},
            {"use_gate", options_.use_gate},
            {"sliding_window", or_null(options_.sliding_window)},
            {"seed", or_null(options_.seed)}};
  }

 private:
  std::shared_ptr<LayerImpl> projection(const char* name, const char* attribute, std::vector<std::int64_t> output,
                                        const Shape& input, int summed_axes = 1, const char* activation = "linear") {
    auto layer = head_projection(name, {.summed_axes = summed_axes,
                                        .output = std::move(output),
                                        .use_bias = options_.use_bias,
                                        .activation = activation,
                                        .kernel_initializer = options_.kernel_initializer,
                                        .bias_initializer = options_.bias_initializer});
    layer->set_dtype(dtype());
    layer->set_trainable(trainable());
    layer->set_regularizer("activity_regularizer", options_.activity_regularizer);
    add_sublayer(attribute, layer);
    layer->ensure_built(input);
    return layer;
  }

  // Of shape (1 or rows, 1, t or 1, s), broadcast over heads.
  Tensor mask_of(const std::vector<Tensor>& inputs, const CallOptions& options) const {
    const std::int64_t t = inputs[0].shape()[1], s = inputs[1].shape()[1];
    const auto carried = [&](std::size_t input, int axis) {
      const bool has = input < options.masks.size() && options.masks[input].defined();
      return has ? ops::expand_dims(options.masks[input], axis) : Tensor();
    };
    std::vector<Tensor> masks{carried(0, 2), carried(1, 1)};
    if (inputs.size() > 2) masks.push_back(carried(2, 1));
    if (options.arguments.value("use_causal_mask", false)) masks.push_back(causal_mask(t, s));
    if (options_.sliding_window) masks.push_back(window_mask(t, s, *options_.sliding_window));
    if (inputs.size() > 3) masks.push_back(ops::cast(inputs[3], DType::kBool));
    const Tensor joined = joined_masks(masks);
    return joined.defined() ? ops::expand_dims(joined, 1) : joined;
  }

  std::uint64_t stream() const {
    return options_.seed ? random::mix(*options_.seed, 0) : random::mix(random::global_seed(), stream_);
  }

  std::int64_t num_heads_, key_dim_, value_dim_;
  MultiHeadAttentionOptions options_;
  std::uint64_t stream_;
  std::shared_ptr<LayerImpl> query_, key_, gate_, value_, output_;
};

}  // namespace

Layer MultiHeadAttention(std::int64_t num_heads, std::int64_t key_dim, const MultiHeadAttentionOptions& options) {
  return make_layer<MultiHeadAttentionImpl>(num_heads, key_dim, options);
}

Layer multi_head_attention_from_config(const nlohmann::json& config) {
  if (const auto axes = read_integers(kPlace, config, "attention_axes", {1}); axes != std::vector<std::int64_t>{1})
    raise("{}: attention_axes other than [1] is not supported, received {}", kPlace, config["attention_axes"].dump());
  MultiHeadAttentionOptions options;
  const auto has = [&](const char* key) { return config.contains(key) && !config[key].is_null(); };
  if (has("value_dim")) options.value_dim = read_integer(kPlace, config, "value_dim");
  options.dropout = read_number(kPlace, config, "dropout", 0);
  options.use_bias = read_flag(kPlace, config, "use_bias", true);
  options.output_shape = read_integers(kPlace, config, "output_shape", {});
  options.kernel_initializer = config.value("kernel_initializer", options.kernel_initializer);
  options.bias_initializer = config.value("bias_initializer", options.bias_initializer);
  options.activity_regularizer = config.value("activity_regularizer", Regularizer());
  options.use_gate = read_flag(kPlace, config, "use_gate", false);
  if (has("sliding_window")) options.sliding_window = read_integer(kPlace, config, "sliding_window");
  if (has("seed")) options.seed = static_cast<std::uint64_t>(read_integer(kPlace, config, "seed"));
  options.name = read_text(kPlace, config, "name", "");
  Layer layer =
      MultiHeadAttention(read_integer(kPlace, config, "num_heads"), read_integer(kPlace, config, "key_dim"), options);
  nlohmann::json common = config;
  common.erase("activity_regularizer");  // the layers within have it
  read_common(*layer, common);
  return layer;
}

}  // namespace shoal::layers
