#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct GlobalPoolingOptions {
  std::string data_format = "channels_last";
  bool keepdims = false;   // spatial axes of size 1 instead of none
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// The mean or the largest value of each channel over all steps or pixels: (rows, n..., c) -> (rows, c).
// GlobalAveragePooling1D leaves out the steps that a mask leaves out.
Layer GlobalAveragePooling1D(const GlobalPoolingOptions& options = {});
Layer GlobalAveragePooling2D(const GlobalPoolingOptions& options = {});
Layer GlobalMaxPooling1D(const GlobalPoolingOptions& options = {});
Layer GlobalMaxPooling2D(const GlobalPoolingOptions& options = {});

Layer global_average_pooling1d_from_config(const nlohmann::json& config);
Layer global_average_pooling2d_from_config(const nlohmann::json& config);
Layer global_max_pooling1d_from_config(const nlohmann::json& config);
Layer global_max_pooling2d_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
