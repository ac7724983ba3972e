#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct DepthwiseConv1DOptions {
  std::int64_t strides = 1;
  std::string padding = "valid";  // or "same"
  std::int64_t depth_multiplier = 1;
  std::string data_format = "channels_last";
  std::int64_t dilation_rate = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (time, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct DepthwiseConv2DOptions {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::string padding = "valid";  // or "same"
  std::int64_t depth_multiplier = 1;
  std::string data_format = "channels_last";
  std::array<std::int64_t, 2> dilation_rate = {1, 1};
  std::string activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Each channel convolved alone into m = depth_multiplier outputs, then bias and activation: (rows, n..., in) ->
// (rows, o..., in * m), kernel (k..., in, m), bias (in * m), output channel c * m + i; o as of Conv2D.
Layer DepthwiseConv1D(std::int64_t kernel_size, const DepthwiseConv1DOptions& options = {});
Layer DepthwiseConv2D(std::array<std::int64_t, 2> kernel_size, const DepthwiseConv2DOptions& options = {});

Layer depthwise_conv1d_from_config(const nlohmann::json& config);
Layer depthwise_conv2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
