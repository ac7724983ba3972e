#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct ReLUOptions {
  std::optional<double> max_value = {};
  double negative_slope = 0;
  double threshold = 0;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = x where x > threshold, at most max_value; negative_slope (x - threshold) elsewhere. Shapes are equal.
Layer ReLU(const ReLUOptions& options = {});

Layer relu_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
