#include "model/layers/conv2d.h"

#include "common/base/error.h"
#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class Conv2DImpl : public LayerImpl {
 public:
  Conv2DImpl(std::int64_t filters, Pair kernel_size, const Conv2DOptions& options)
      : LayerImpl(options.name), filters_(filters), kernel_size_(kernel_size), options_(options) {
    check_positive("Conv2D", "filters", filters);
    check_positive("Conv2D", "kernel_size", kernel_size);
    check_positive("Conv2D", "strides", options.strides);
    check_padding("Conv2D", options.padding);
    activations::check("Conv2D", options.activation);
    options_.kernel_initializer = initializers::get_config(options.kernel_initializer);
    options_.bias_initializer = initializers::get_config(options.bias_initializer);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Conv2D"; }

  void check_input(const Shape& input) const override {
    require_rank(*this, input, 4);
    if (built()) require_last_axis(*this, input, build_shape()[-1]);
    if (options_.padding == "valid" && (input[1] < kernel_size_[0] || input[2] < kernel_size_[1]))
      raise("Conv2D '{}': a kernel of {} x {} does not fit into input of shape {} without padding", name(),
            kernel_size_[0], kernel_size_[1], input.to_string());
  }

  void build(const Shape& input) override {
    kernel_ =
        add_weight("kernel", {kernel_size_[0], kernel_size_[1], input[-1], filters_}, options_.kernel_initializer);
    if (options_.use_bias) bias_ = add_weight("bias", {filters_}, options_.bias_initializer);
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    Tensor y = ops::conv(x, ops::convert_to_tensor(kernel_), options_.strides, options_.padding);
    if (options_.use_bias) y = y + ops::convert_to_tensor(bias_);
    return activations::apply(options_.activation, y);
  }

  nlohmann::json get_config() const override {
    return {{"filters", filters_},
            {"kernel_size", kernel_size_},
            {"strides", options_.strides},
            {"padding", options_.padding},
            {"data_format", "channels_last"},
            {"dilation_rate", {1, 1}},
            {"groups", 1},
            {"activation", options_.activation},
            {"use_bias", options_.use_bias},
            {"kernel_initializer", options_.kernel_initializer},
            {"bias_initializer", options_.bias_initializer},
            {"kernel_regularizer", nullptr},
            {"bias_regularizer", nullptr},
            {"activity_regularizer", nullptr},
            {"kernel_constraint", nullptr},
            {"bias_constraint", nullptr}};
  }

 private:
  std::int64_t filters_;
  Pair kernel_size_;
  Conv2DOptions options_;
  Variable kernel_, bias_;
};

}  // namespace

Layer Conv2D(std::int64_t filters, Pair kernel_size, const Conv2DOptions& options) {
  return make_layer<Conv2DImpl>(filters, kernel_size, options);
}

Layer conv2d_from_config(const nlohmann::json& config) {
  require_value("Conv2D", config, "data_format", "channels_last");
  require_value("Conv2D", config, "groups", 1);
  if (read_pair("Conv2D", config, "dilation_rate", {1, 1}) != Pair{1, 1})
    raise("Conv2D: dilation_rate other than 1 is not supported, received {}", config["dilation_rate"].dump());
  warn_if_set(
      "Conv2D", config,
      {"kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"});
  Conv2DOptions options;
  options.strides = read_pair("Conv2D", config, "strides", {1, 1});
  options.padding = read_text("Conv2D", config, "padding", "valid");
  options.activation = read_activation("Conv2D", config);
  options.use_bias = read_flag("Conv2D", config, "use_bias", true);
  options.kernel_initializer = config.value("kernel_initializer", options.kernel_initializer);
  options.bias_initializer = config.value("bias_initializer", options.bias_initializer);
  options.name = read_text("Conv2D", config, "name", "");
  Layer layer =
      Conv2D(read_integer("Conv2D", config, "filters"), read_pair("Conv2D", config, "kernel_size", {0, 0}), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
