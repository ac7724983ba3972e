#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct Conv2DOptions {
  std::array<std::int64_t, 2> strides = {1, 1};
  std::string padding = "valid";  // or "same"
  std::string activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Shape input_shape = {};  // of one row: (height, width, channels)
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = activation(conv(x, kernel) + bias): (rows, h, w, in) -> (rows, oh, ow, filters), kernel (kh, kw, in, filters),
// bias (filters). valid: oh = (h - kh) / sh + 1; same: oh = (h - 1) / sh + 1, the odd cell of padding after.
Layer Conv2D(std::int64_t filters, std::array<std::int64_t, 2> kernel_size, const Conv2DOptions& options = {});

Layer conv2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
