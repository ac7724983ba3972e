#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct ActivationOptions {
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = f(x), f by its name (see activations.h). Shapes are equal.
Layer Activation(const std::string& activation, const ActivationOptions& options = {});

Layer activation_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
