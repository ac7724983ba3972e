#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct Conv1DTransposeOptions {
  std::int64_t strides = 1;
  std::string padding = "valid";                    // or "same"
  std::optional<std::int64_t> output_padding = {};  // none: as the formula below says
  std::string data_format = "channels_last";
  std::int64_t dilation_rate = 1;
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

struct Conv2DTransposeOptions {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::string padding = "valid";                                   // or "same"
  std::optional<std::array<std::int64_t, 2>> output_padding = {};  // none: as the formula below says
  std::string data_format = "channels_last";
  std::array<std::int64_t, 2> dilation_rate = {1, 1};
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

// y = activation(transposed conv(x, kernel) + bias): (rows, n..., in) -> (rows, o..., filters), kernel
// (k..., filters, in), bias (filters). With e = d (k - 1) + 1 and strides s: valid o = (n - 1) s + max(e, s), same
// o = n s; with output_padding p valid o = (n - 1) s + e + p, same o = (n - 1) s + e % 2 + p.
Layer Conv1DTranspose(std::int64_t filters, std::int64_t kernel_size, const Conv1DTransposeOptions& options = {});
Layer Conv2DTranspose(std::int64_t filters, std::array<std::int64_t, 2> kernel_size,
                      const Conv2DTransposeOptions& options = {});

Layer conv1d_transpose_from_config(const nlohmann::json& config);
Layer conv2d_transpose_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
