#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct Pooling1DOptions {
  std::optional<std::int64_t> strides = {};  // none: pool_size
  std::string padding = "valid";             // or "same", where padding never wins and is not counted
  std::string data_format = "channels_last";
  Shape input_shape = {};  // of one row: (time, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct Pooling2DOptions {
  std::optional<std::array<std::int64_t, 2>> strides = {};  // none: pool_size
  std::string padding = "valid";                            // or "same", where padding never wins and is not counted
  std::string data_format = "channels_last";
  Shape input_shape = {};  // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// The largest value or the mean of each window: (rows, n..., c) -> (rows, o..., c); o as in Conv2D.
Layer MaxPooling1D(std::int64_t pool_size = 2, const Pooling1DOptions& options = {});
Layer MaxPooling2D(std::array<std::int64_t, 2> pool_size = {2, 2}, const Pooling2DOptions& options = {});
Layer AveragePooling1D(std::int64_t pool_size, const Pooling1DOptions& options = {});
Layer AveragePooling2D(std::array<std::int64_t, 2> pool_size, const Pooling2DOptions& options = {});

Layer max_pooling1d_from_config(const nlohmann::json& config);
Layer max_pooling2d_from_config(const nlohmann::json& config);
Layer average_pooling1d_from_config(const nlohmann::json& config);
Layer average_pooling2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
