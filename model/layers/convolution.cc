#include "model/layers/convolution.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/activations.h"

namespace shoal::layers {
namespace {

void check_all_positive(const char* place, const char* key, const Sizes& sizes) {
  if (std::ranges::any_of(sizes, [](std::int64_t size) { return size <= 0; }))
    raise("{}: {} must be positive, received [{}]", place, key, fmt::join(sizes, ", "));
}

}  // namespace

ConvolutionImpl::ConvolutionImpl(const char* place, int axes, std::vector<std::string> kernels,
                                 const nlohmann::json& config, const Shape& input_shape)
    : SpatialImpl(place, axes, config, input_shape),
      kernel_size_(read_sizes(place, config, "kernel_size", axes, 0)),
      strides_(read_sizes(place, config, "strides", axes, 1)),
      dilation_rate_(read_sizes(place, config, "dilation_rate", axes, 1)),
      padding_(read_text(place, config, "padding", "valid")),
      activation_(read_activation(place, config)),
      use_bias_(read_flag(place, config, "use_bias", true)),
      kernels_(std::move(kernels)) {
  check_all_positive(place, "kernel_size", kernel_size_);
  check_all_positive(place, "strides", strides_);
  check_all_positive(place, "dilation_rate", dilation_rate_);
  activations::check(place, activation_);
  initializers_["bias"] = initializers::get_config(config.value("bias_initializer", nlohmann::json("zeros")));
  for (const std::string& kernel : kernels_) {
    initializers_[kernel] =
        initializers::get_config(config.value(kernel + "_initializer", nlohmann::json("glorot_uniform")));
  }
}

void ConvolutionImpl::refuse_strides_with_dilation() const {
  const auto above_one = [](std::int64_t size) { return size > 1; };
  if (std::ranges::any_of(strides_, above_one) && std::ranges::any_of(dilation_rate_, above_one))
    raise("{}: strides > 1 do not go with dilation_rate > 1, received strides {} and dilation_rate {}", place(),
          text_of(strides_), text_of(dilation_rate_));
}

void ConvolutionImpl::check_cells(const Shape& input) const {
  if (built()) require_axis(*this, input, channels_first() ? 1 : -1, build_shape()[channel_axis()]);
}

void ConvolutionImpl::check_kernel_fits(const Shape& input) const {
  Sizes cells = kernel_size_;
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = (cells[i] - 1) * dilation_rate_[i] + 1;
  check_fits("kernel", cells, input);
}

Shape ConvolutionImpl::kernel_shape(std::int64_t first, std::int64_t second) const {
  Sizes dims = kernel_size_;
  dims.push_back(first);
  dims.push_back(second);
  return Shape(std::move(dims));
}

void ConvolutionImpl::build(const Shape& input) {
  const std::int64_t outputs = build_kernels(channels_last(input)[-1]);
  if (use_bias_) bias_ = add_weight("bias", {outputs}, initializers_["bias"]);
}

Tensor ConvolutionImpl::call(const Tensor& x, bool /*training*/) {
  Tensor y = compute(channels_last(x));
  if (use_bias_) y = y + ops::convert_to_tensor(bias_);
  return activations::apply(activation_, back(y));
}

nlohmann::json ConvolutionImpl::get_config() const {
  nlohmann::json config = SpatialImpl::get_config();
  config.update({{"kernel_size", kernel_size_},
                 {"strides", strides_},
                 {"padding", padding_},
                 {"dilation_rate", dilation_rate_},
                 {"activation", activation_},
                 {"use_bias", use_bias_},
                 {"bias_initializer", initializers_["bias"]},
                 {"bias_regularizer", nullptr},
                 {"bias_constraint", nullptr},
                 {"activity_regularizer", nullptr}});
  for (const std::string& kernel : kernels_) {
    config[kernel + "_initializer"] = initializers_[kernel];
    config[kernel + "_regularizer"] = config[kernel + "_constraint"] = nullptr;
  }
  return config;
}

}  // namespace shoal::layers
