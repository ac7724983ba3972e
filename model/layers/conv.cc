#include "model/layers/conv.h"

#include "common/base/error.h"
#include "model/layers/convolution.h"

namespace shoal::layers {
namespace {

class ConvImpl : public ConvolutionImpl {
 public:
  ConvImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape = {})
      : ConvolutionImpl(place, axes, {"kernel"}, config, input_shape),
        filters_(read_integer(place, config, "filters")),
        groups_(read_sizes(place, config, "groups", 1, 1)[0]) {
    check_positive(place, "filters", filters_);
    check_positive(place, "groups", groups_);
    if (filters_ % groups_ != 0) raise("{}: groups {} must divide filters {}", place, groups_, filters_);
    if (axes != 1 || padding() != "causal") check_padding(place, padding());
    refuse_strides_with_dilation();
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = ConvolutionImpl::get_config();
    config.update({{"filters", filters_}, {"groups", groups_}});
    return config;
  }

 protected:
  void check_cells(const Shape& input) const override {
    ConvolutionImpl::check_cells(input);
    if (input[channel_axis()] % groups_ != 0)
      raise("{} '{}': groups {} must divide the channels of input of shape {}", place(), name(), groups_,
            input.to_string());
    if (padding() == "valid") check_kernel_fits(input);
  }

  std::int64_t build_kernels(std::int64_t channels) override {
    kernel_ = add_weight("kernel", kernel_shape(channels / groups_, filters_), initializer_of("kernel"));
    return filters_;
  }

  Tensor compute(const Tensor& x) override {
    return ops::conv(x, ops::convert_to_tensor(kernel_), strides(), padding(), dilation_rate());
  }

 private:
  std::int64_t filters_, groups_;
  Variable kernel_;
};

template <class Options>
nlohmann::json conv_config(std::int64_t filters, const Sizes& kernel_size, const Options& options) {
  nlohmann::json config = convolution_config(kernel_size, options);
  config.update({{"filters", filters},
                 {"groups", options.groups},
                 {"kernel_initializer", options.kernel_initializer},
                 {"kernel_regularizer", options.kernel_regularizer},
                 {"kernel_constraint", options.kernel_constraint}});
  return config;
}

}  // namespace

Layer Conv1D(std::int64_t filters, std::int64_t kernel_size, const Conv1DOptions& options) {
  return make_layer<ConvImpl>("Conv1D", 1, conv_config(filters, {kernel_size}, options), options.input_shape);
}

Layer Conv2D(std::int64_t filters, std::array<std::int64_t, 2> kernel_size, const Conv2DOptions& options) {
  return make_layer<ConvImpl>("Conv2D", 2, conv_config(filters, sizes_of(kernel_size), options), options.input_shape);
}

Layer conv1d_from_config(const nlohmann::json& config) { return make_layer<ConvImpl>("Conv1D", 1, config); }
Layer conv2d_from_config(const nlohmann::json& config) { return make_layer<ConvImpl>("Conv2D", 2, config); }

}  // namespace shoal::layers
