#include "model/layers/separable_conv.h"

#include "model/layers/convolution.h"

namespace shoal::layers {
namespace {

class SeparableConvImpl : public ConvolutionImpl {
 public:
  SeparableConvImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape = {})
      : ConvolutionImpl(place, axes, {"depthwise", "pointwise"}, config, input_shape),
        filters_(read_integer(place, config, "filters")),
        multiplier_(read_sizes(place, config, "depth_multiplier", 1, 1)[0]) {
    check_positive(place, "filters", filters_);
    check_positive(place, "depth_multiplier", multiplier_);
    check_padding(place, padding());
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = ConvolutionImpl::get_config();
    config.update({{"filters", filters_}, {"depth_multiplier", multiplier_}});
    return config;
  }

 protected:
  void check_cells(const Shape& input) const override {
    ConvolutionImpl::check_cells(input);
    if (padding() == "valid") check_kernel_fits(input);
  }

  std::int64_t build_kernels(std::int64_t channels) override {
    depthwise_ = add_weight("depthwise_kernel", kernel_shape(channels, multiplier_), initializer_of("depthwise"));
    Sizes one(static_cast<std::size_t>(axes()), 1);
    one.insert(one.end(), {channels * multiplier_, filters_});
    pointwise_ = add_weight("pointwise_kernel", Shape(std::move(one)), initializer_of("pointwise"));
    return filters_;
  }

  Tensor compute(const Tensor& x) override {
    const Tensor y = ops::depthwise_conv(x, ops::convert_to_tensor(depthwise_), strides(), padding(), dilation_rate());
    return ops::conv(y, ops::convert_to_tensor(pointwise_));
  }

 private:
  std::int64_t filters_, multiplier_;
  Variable depthwise_, pointwise_;
};

template <class Options>
nlohmann::json separable_config(std::int64_t filters, const Sizes& kernel_size, const Options& options) {
  nlohmann::json config = convolution_config(kernel_size, options);
  config.update({{"filters", filters},
                 {"depth_multiplier", options.depth_multiplier},
                 {"depthwise_initializer", options.depthwise_initializer},
                 {"depthwise_regularizer", options.depthwise_regularizer},
                 {"pointwise_initializer", options.pointwise_initializer},
                 {"pointwise_regularizer", options.pointwise_regularizer},
                 {"depthwise_constraint", options.depthwise_constraint},
                 {"pointwise_constraint", options.pointwise_constraint}});
  return config;
}

}  // namespace

Layer SeparableConv1D(std::int64_t filters, std::int64_t kernel_size, const SeparableConv1DOptions& options) {
  return make_layer<SeparableConvImpl>("SeparableConv1D", 1, separable_config(filters, {kernel_size}, options),
                                       options.input_shape);
}

Layer SeparableConv2D(std::int64_t filters, std::array<std::int64_t, 2> kernel_size,
                      const SeparableConv2DOptions& options) {
  return make_layer<SeparableConvImpl>("SeparableConv2D", 2, separable_config(filters, sizes_of(kernel_size), options),
                                       options.input_shape);
}

Layer separable_conv1d_from_config(const nlohmann::json& config) {
  return make_layer<SeparableConvImpl>("SeparableConv1D", 1, config);
}
Layer separable_conv2d_from_config(const nlohmann::json& config) {
  return make_layer<SeparableConvImpl>("SeparableConv2D", 2, config);
}

}  // namespace shoal::layers
