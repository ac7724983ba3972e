#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct SpatialDropout1DOptions {
  std::optional<std::uint64_t> seed = {};  // none: a stream of its own under the global seed
  Shape input_shape = {};                  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

struct SpatialDropout2DOptions {
  std::string data_format = "channels_last";
  std::optional<std::uint64_t> seed = {};  // none: a stream of its own under the global seed
  Shape input_shape = {};                  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// In training, whole channels of a row are 0 with probability `rate`, others x / (1 - rate); otherwise y = x. The input
// is (rows, steps, channels) and (rows, height, width, channels), or (rows, channels, height, width) with the channels
// first; shapes are equal.
Layer SpatialDropout1D(double rate, const SpatialDropout1DOptions& options = {});
Layer SpatialDropout2D(double rate, const SpatialDropout2DOptions& options = {});

Layer spatial_dropout1d_from_config(const nlohmann::json& config);
Layer spatial_dropout2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
