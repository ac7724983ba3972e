#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct LayerNormalizationOptions {
  std::vector<int> axis = {-1};  // of a row
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  bool rms_scaling = false;  // y = x / sqrt(variance + epsilon) gamma, without mean and beta
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = nullptr;
  Regularizer gamma_regularizer = nullptr;
  Constraint beta_constraint = nullptr;
  Constraint gamma_constraint = nullptr;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = (x - mean) / sqrt(variance + epsilon) gamma + beta, mean and variance over `axis` of each row; gamma and beta
// have the sizes of these axes. Shapes are equal.
Layer LayerNormalization(const LayerNormalizationOptions& options = {});

Layer layer_normalization_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
