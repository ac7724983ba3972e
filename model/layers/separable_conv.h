#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct SeparableConv1DOptions {
  std::int64_t strides = 1;
  std::string padding = "valid";  // or "same"
  std::string data_format = "channels_last";
  std::int64_t dilation_rate = 1;
  std::int64_t depth_multiplier = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer pointwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint pointwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (time, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct SeparableConv2DOptions {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::string padding = "valid";  // or "same"
  std::string data_format = "channels_last";
  std::array<std::int64_t, 2> dilation_rate = {1, 1};
  std::int64_t depth_multiplier = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer pointwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint pointwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// A depthwise convolution with m = depth_multiplier, then one of a single cell over all channels, bias and activation:
// (rows, n..., in) -> (rows, o..., filters), depthwise_kernel (k..., in, m), pointwise_kernel (1..., in * m, filters),
// bias (filters); o as of Conv2D.
Layer SeparableConv1D(std::int64_t filters, std::int64_t kernel_size, const SeparableConv1DOptions& options = {});
Layer SeparableConv2D(std::int64_t filters, std::array<std::int64_t, 2> kernel_size,
                      const SeparableConv2DOptions& options = {});

Layer separable_conv1d_from_config(const nlohmann::json& config);
Layer separable_conv2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
