#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct Conv1DOptions {
  std::int64_t strides = 1;
  std::string padding = "valid";  // or "same", "causal": an output sees no later step
  std::string data_format = "channels_last";
  std::int64_t dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (time, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct Conv2DOptions {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::string padding = "valid";  // or "same"
  std::string data_format = "channels_last";
  std::array<std::int64_t, 2> dilation_rate = {1, 1};
  std::int64_t groups = 1;
  std::string activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = activation(conv(x, kernel) + bias): (rows, n..., in) -> (rows, o..., filters), kernel (k..., in / groups,
// filters), bias (filters). With e = d (k - 1) + 1 and strides s: valid o = (n - e) / s + 1; same and causal o = (n -
// 1) / s + 1, the odd cell of padding after (same) or all of it before (causal).
Layer Conv1D(std::int64_t filters, std::int64_t kernel_size, const Conv1DOptions& options = {});
Layer Conv2D(std::int64_t filters, std::array<std::int64_t, 2> kernel_size, const Conv2DOptions& options = {});

Layer conv1d_from_config(const nlohmann::json& config);
Layer conv2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
