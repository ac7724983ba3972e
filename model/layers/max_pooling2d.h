#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct MaxPooling2DOptions {
  std::optional<std::array<std::int64_t, 2>> strides = {};  // none: pool_size
  std::string padding = "valid";                            // or "same", where padding never wins
  Shape input_shape = {};                                   // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// The largest value of each window: (rows, h, w, c) -> (rows, oh, ow, c); oh as in Conv2D.
Layer MaxPooling2D(std::array<std::int64_t, 2> pool_size = {2, 2}, const MaxPooling2DOptions& options = {});

Layer max_pooling2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
