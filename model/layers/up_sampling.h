#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct UpSampling1DOptions {
  Shape input_shape = {};  // of one row: (time, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct UpSampling2DOptions {
  std::string data_format = "channels_last";
  std::string interpolation = "nearest";  // or "bilinear", "bicubic", "lanczos3", "lanczos5"
  Shape input_shape = {};                 // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Each step or pixel `size` times: (rows, n..., c) -> (rows, size * n..., c). Other interpolations than "nearest" take
// the pixels' centers at halves, and at the border only the pixels that are there.
Layer UpSampling1D(std::int64_t size = 2, const UpSampling1DOptions& options = {});
Layer UpSampling2D(std::array<std::int64_t, 2> size = {2, 2}, const UpSampling2DOptions& options = {});

Layer up_sampling1d_from_config(const nlohmann::json& config);
Layer up_sampling2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
