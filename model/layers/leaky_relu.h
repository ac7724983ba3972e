#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct LeakyReLUOptions {
  double negative_slope = 0.3;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = x where x > 0, else negative_slope x. Shapes are equal.
Layer LeakyReLU(const LeakyReLUOptions& options = {});

Layer leaky_relu_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
