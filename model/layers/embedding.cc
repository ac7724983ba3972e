#include "model/layers/embedding.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

Tensor numbers_of(const Tensor& x) {
  return x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64 ? x : ops::cast(x, DType::kInt32);
}

class EmbeddingImpl : public LayerImpl {
 public:
  EmbeddingImpl(std::int64_t input_dim, std::int64_t output_dim, const EmbeddingOptions& options)
      : LayerImpl(options.name), input_dim_(input_dim), output_dim_(output_dim), options_(options) {
    check_positive("Embedding", "input_dim", input_dim);
    check_positive("Embedding", "output_dim", output_dim);
    options_.embeddings_initializer = initializers::get_config(options.embeddings_initializer);
    set_regularizers({{"embeddings", options.embeddings_regularizer}, {"activity", options.activity_regularizer}});
    set_constraints({{"embeddings", options.embeddings_constraint}});
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Embedding"; }
  bool supports_masking() const override { return options_.mask_zero; }
  bool takes_integers() const override { return true; }

  void build(const Shape& /*input*/) override {
    embeddings_ = add_weight("embeddings", {input_dim_, output_dim_}, options_.embeddings_initializer);
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    return ops::take(ops::convert_to_tensor(embeddings_), numbers_of(x));
  }

  Tensor compute_mask(const std::vector<Tensor>& inputs, const std::vector<Tensor>& /*masks*/) const override {
    return ops::not_equal(numbers_of(inputs.at(0)), 0.0);
  }

  nlohmann::json get_config() const override {
    return {{"input_dim", input_dim_},
            {"output_dim", output_dim_},
            {"embeddings_initializer", options_.embeddings_initializer},
            {"embeddings_regularizer", nullptr},
            {"activity_regularizer", nullptr},
            {"embeddings_constraint", nullptr},
            {"mask_zero", options_.mask_zero}};
  }

 private:
  std::int64_t input_dim_, output_dim_;
  EmbeddingOptions options_;
  Variable embeddings_;
};

}  // namespace

Layer Embedding(std::int64_t input_dim, std::int64_t output_dim, const EmbeddingOptions& options) {
  return make_layer<EmbeddingImpl>(input_dim, output_dim, options);
}

Layer embedding_from_config(const nlohmann::json& config) {
  require_value("Embedding", config, "lora_rank", nullptr);
  require_value("Embedding", config, "quantization_config", nullptr);
  EmbeddingOptions options;
  if (config.contains("embeddings_initializer") && config["embeddings_initializer"] != "uniform")
    options.embeddings_initializer = config["embeddings_initializer"];
  options.mask_zero = read_flag("Embedding", config, "mask_zero", false);
  options.name = read_text("Embedding", config, "name", "");
  Layer layer = Embedding(read_integer("Embedding", config, "input_dim"),
                          read_integer("Embedding", config, "output_dim"), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
