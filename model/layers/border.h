#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

using Border = std::array<std::int64_t, 2>;  // cells before and after

struct BorderOptions {
  std::string data_format = "channels_last";  // Cropping1D takes this one alone
  Shape input_shape = {};                     // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Zeros around the steps or pixels: (rows, n..., c) -> (rows, before + n + after..., c).
Layer ZeroPadding1D(std::int64_t padding = 1, const BorderOptions& options = {});
Layer ZeroPadding1D(Border padding, const BorderOptions& options = {});
Layer ZeroPadding2D(std::int64_t padding = 1, const BorderOptions& options = {});
Layer ZeroPadding2D(Border height, Border width, const BorderOptions& options = {});

// The other way round: (rows, n..., c) -> (rows, n - before - after..., c).
Layer Cropping1D(std::int64_t cropping = 1, const BorderOptions& options = {});
Layer Cropping1D(Border cropping, const BorderOptions& options = {});
Layer Cropping2D(std::int64_t cropping = 0, const BorderOptions& options = {});
Layer Cropping2D(Border height, Border width, const BorderOptions& options = {});

Layer zero_padding1d_from_config(const nlohmann::json& config);
Layer zero_padding2d_from_config(const nlohmann::json& config);
Layer cropping1d_from_config(const nlohmann::json& config);
Layer cropping2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
