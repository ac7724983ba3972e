#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer = nullptr;
  Constraint alpha_constraint = nullptr;
  std::vector<int> shared_axes = {};  // that have one slope for all positions; the batch axis is 0
  Shape input_shape = {};             // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = x where x > 0, else alpha x; alpha has the shape of a row, 1 along shared axes. Shapes are equal.
Layer PReLU(const PReLUOptions& options = {});

Layer prelu_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
