#include "model/layers/depthwise_conv.h"

#include "model/layers/convolution.h"

namespace shoal::layers {
namespace {

class DepthwiseConvImpl : public ConvolutionImpl {
 public:
  DepthwiseConvImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape = {})
      : ConvolutionImpl(place, axes, {"depthwise"}, config, input_shape),
        multiplier_(read_sizes(place, config, "depth_multiplier", 1, 1)[0]) {
    check_positive(place, "depth_multiplier", multiplier_);
    check_padding(place, padding());
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = ConvolutionImpl::get_config();
    config["depth_multiplier"] = multiplier_;
    return config;
  }

 protected:
  void check_cells(const Shape& input) const override {
    ConvolutionImpl::check_cells(input);
    if (padding() == "valid") check_kernel_fits(input);
  }

  std::int64_t build_kernels(std::int64_t channels) override {
    // the name of the weight and the keys of its regularizer and constraint differ
    kernel_ = add_weight("kernel", kernel_shape(channels, multiplier_), initializer_of("depthwise"), true,
                         regularizer_of("depthwise_regularizer"), constraint_of("depthwise_constraint"));
    return channels * multiplier_;
  }

  Tensor compute(const Tensor& x) override {
    return ops::depthwise_conv(x, ops::convert_to_tensor(kernel_), strides(), padding(), dilation_rate());
  }

 private:
  std::int64_t multiplier_;
  Variable kernel_;
};

template <class Options>
nlohmann::json depthwise_config(const Sizes& kernel_size, const Options& options) {
  nlohmann::json config = convolution_config(kernel_size, options);
  config.update({{"depth_multiplier", options.depth_multiplier},
                 {"depthwise_initializer", options.depthwise_initializer},
                 {"depthwise_regularizer", options.depthwise_regularizer},
                 {"depthwise_constraint", options.depthwise_constraint}});
  return config;
}

}  // namespace

Layer DepthwiseConv1D(std::int64_t kernel_size, const DepthwiseConv1DOptions& options) {
  return make_layer<DepthwiseConvImpl>("DepthwiseConv1D", 1, depthwise_config({kernel_size}, options),
                                       options.input_shape);
}

Layer DepthwiseConv2D(std::array<std::int64_t, 2> kernel_size, const DepthwiseConv2DOptions& options) {
  return make_layer<DepthwiseConvImpl>("DepthwiseConv2D", 2, depthwise_config(sizes_of(kernel_size), options),
                                       options.input_shape);
}

Layer depthwise_conv1d_from_config(const nlohmann::json& config) {
  return make_layer<DepthwiseConvImpl>("DepthwiseConv1D", 1, config);
}
Layer depthwise_conv2d_from_config(const nlohmann::json& config) {
  return make_layer<DepthwiseConvImpl>("DepthwiseConv2D", 2, config);
}

}  // namespace shoal::layers
