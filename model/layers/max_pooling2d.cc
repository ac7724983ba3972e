#include "model/layers/max_pooling2d.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class MaxPooling2DImpl : public LayerImpl {
 public:
  MaxPooling2DImpl(Pair pool_size, const MaxPooling2DOptions& options)
      : LayerImpl(options.name),
        pool_size_(pool_size),
        strides_(options.strides.value_or(pool_size)),
        padding_(options.padding) {
    check_positive("MaxPooling2D", "pool_size", pool_size_);
    check_positive("MaxPooling2D", "strides", strides_);
    check_padding("MaxPooling2D", padding_);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "MaxPooling2D"; }

  void check_input(const Shape& input) const override {
    require_rank(*this, input, 4);
    if (padding_ == "valid" && (input[1] < pool_size_[0] || input[2] < pool_size_[1]))
      raise("MaxPooling2D '{}': a window of {} x {} does not fit into input of shape {} without padding", name(),
            pool_size_[0], pool_size_[1], input.to_string());
  }

  Tensor call(const Tensor& x, bool /*training*/) override { return ops::max_pool(x, pool_size_, strides_, padding_); }

  nlohmann::json get_config() const override {
    return {{"pool_size", pool_size_}, {"padding", padding_}, {"strides", strides_}, {"data_format", "channels_last"}};
  }

 private:
  Pair pool_size_, strides_;
  std::string padding_;
};

}  // namespace

Layer MaxPooling2D(Pair pool_size, const MaxPooling2DOptions& options) {
  return make_layer<MaxPooling2DImpl>(pool_size, options);
}

Layer max_pooling2d_from_config(const nlohmann::json& config) {
  require_value("MaxPooling2D", config, "data_format", "channels_last");
  const Pair pool_size = read_pair("MaxPooling2D", config, "pool_size", {2, 2});
  MaxPooling2DOptions options;
  options.strides = read_pair("MaxPooling2D", config, "strides", pool_size);
  options.padding = read_text("MaxPooling2D", config, "padding", "valid");
  options.name = read_text("MaxPooling2D", config, "name", "");
  Layer layer = MaxPooling2D(pool_size, options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
