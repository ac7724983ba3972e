#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct ELUOptions {
  double alpha = 1;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = x where x > 0, else alpha (e^x - 1). Shapes are equal.
Layer ELU(const ELUOptions& options = {});

Layer elu_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
