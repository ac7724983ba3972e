#include "model/layers/conv_transpose.h"

#include "common/base/error.h"
#include "model/layers/convolution.h"

namespace shoal::layers {
namespace {

class ConvTransposeImpl : public ConvolutionImpl {
 public:
  ConvTransposeImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape = {})
      : ConvolutionImpl(place, axes, {"kernel"}, config, input_shape),
        filters_(read_integer(place, config, "filters")) {
    check_positive(place, "filters", filters_);
    check_padding(place, padding());
    refuse_strides_with_dilation();
    if (const auto found = config.find("output_padding"); found != config.end() && !found->is_null())
      output_padding_ = read_sizes(place, config, "output_padding", axes, 0);
    for (std::size_t i = 0; output_padding_ && i < output_padding_->size(); ++i)
      if ((*output_padding_)[i] < 0 || (*output_padding_)[i] >= strides()[i])
        raise("{}: output_padding must be at least 0 and less than strides, received {} with strides {}", place,
              text_of(*output_padding_), text_of(strides()));
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = ConvolutionImpl::get_config();
    config.update({{"filters", filters_}, {"output_padding", nullptr}});
    if (output_padding_) config["output_padding"] = *output_padding_;
    return config;
  }

 protected:
  std::int64_t build_kernels(std::int64_t channels) override {
    kernel_ = add_weight("kernel", kernel_shape(filters_, channels), initializer_of("kernel"));
    return filters_;
  }

  Tensor compute(const Tensor& x) override {
    return ops::conv_transpose(x, ops::convert_to_tensor(kernel_), strides(), padding(), output_padding_,
                               dilation_rate());
  }

 private:
  std::int64_t filters_;
  std::optional<Sizes> output_padding_;
  Variable kernel_;
};

template <class Options>
nlohmann::json transpose_config(std::int64_t filters, const Sizes& kernel_size, const Options& options) {
  nlohmann::json config = convolution_config(kernel_size, options);
  config.update({{"filters", filters},
                 {"kernel_initializer", options.kernel_initializer},
                 {"kernel_regularizer", options.kernel_regularizer},
                 {"kernel_constraint", options.kernel_constraint}});
  if (options.output_padding) config["output_padding"] = *options.output_padding;
  return config;
}

}  // namespace

Layer Conv1DTranspose(std::int64_t filters, std::int64_t kernel_size, const Conv1DTransposeOptions& options) {
  return make_layer<ConvTransposeImpl>("Conv1DTranspose", 1, transpose_config(filters, {kernel_size}, options),
                                       options.input_shape);
}

Layer Conv2DTranspose(std::int64_t filters, std::array<std::int64_t, 2> kernel_size,
                      const Conv2DTransposeOptions& options) {
  return make_layer<ConvTransposeImpl>("Conv2DTranspose", 2, transpose_config(filters, sizes_of(kernel_size), options),
                                       options.input_shape);
}

Layer conv1d_transpose_from_config(const nlohmann::json& config) {
  return make_layer<ConvTransposeImpl>("Conv1DTranspose", 1, config);
}
Layer conv2d_transpose_from_config(const nlohmann::json& config) {
  return make_layer<ConvTransposeImpl>("Conv2DTranspose", 2, config);
}

}  // namespace shoal::layers
