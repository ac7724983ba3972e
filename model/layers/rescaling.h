#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct RescalingOptions {
  double offset = 0;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = x scale + offset, in the layer's dtype whatever that of x. Shapes are equal.
Layer Rescaling(double scale, const RescalingOptions& options = {});

Layer rescaling_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
