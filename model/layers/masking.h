#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct MaskingOptions {
  double mask_value = 0;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Steps of (rows, time, ..., n) whose values all equal mask_value become zeros and are left out by the mask that the
// output carries.
Layer Masking(const MaskingOptions& options = {});

Layer masking_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
