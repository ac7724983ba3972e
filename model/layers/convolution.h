#pragma once

#include "model/layers/initializers.h"
#include "model/layers/spatial.h"

namespace shoal::layers {

// What the convolutions share: y = activation(convolve(x) + bias), and the keys of their configs.
class ConvolutionImpl : public SpatialImpl {
 public:
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, bool training) override;
  nlohmann::json get_config() const override;

 protected:
  // `kernels`: what the keys of the kernels begin with, "kernel" or "depthwise", "pointwise".
  ConvolutionImpl(const char* place, int axes, std::vector<std::string> kernels, const nlohmann::json& config,
                  const Shape& input_shape);

  // Makes the kernels for so many channels of input; the number of channels of the output.
  virtual std::int64_t build_kernels(std::int64_t channels) = 0;
  void check_cells(const Shape& input) const override;
  void check_kernel_fits(const Shape& input) const;

  const nlohmann::json& initializer_of(const char* kernel) const { return initializers_.at(kernel); }
  Shape kernel_shape(std::int64_t first, std::int64_t second) const;  // (size..., first, second)
  void refuse_strides_with_dilation() const;

  const Sizes& strides() const { return strides_; }
  const Sizes& dilation_rate() const { return dilation_rate_; }
  const Sizes& kernel_size() const { return kernel_size_; }
  const std::string& padding() const { return padding_; }

 private:
  Sizes kernel_size_, strides_, dilation_rate_;
  std::string padding_, activation_;
  bool use_bias_;
  std::vector<std::string> kernels_;
  nlohmann::json initializers_;  // by kernel, and "bias"
  Variable bias_;
};

// The options that all convolutions have, as config.
template <class Options>
nlohmann::json convolution_config(const Sizes& kernel_size, const Options& options) {
  nlohmann::json config = config_of(options);
  config.update({{"kernel_size", kernel_size},
                 {"strides", options.strides},
                 {"padding", options.padding},
                 {"dilation_rate", options.dilation_rate},
                 {"activation", options.activation},
                 {"use_bias", options.use_bias},
                 {"bias_initializer", options.bias_initializer},
                 {"bias_regularizer", options.bias_regularizer},
                 {"activity_regularizer", options.activity_regularizer},
                 {"bias_constraint", options.bias_constraint}});
  return config;
}

inline Sizes sizes_of(std::array<std::int64_t, 2> pair) { return {pair[0], pair[1]}; }

}  // namespace shoal::layers
