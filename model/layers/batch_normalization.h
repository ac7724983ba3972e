#pragma once

#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct BatchNormalizationOptions {
  int axis = -1;  // of the features
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = nullptr;
  Regularizer gamma_regularizer = nullptr;
  Constraint beta_constraint = nullptr;
  Constraint gamma_constraint = nullptr;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = (x - mean) / sqrt(variance + epsilon) gamma + beta, of each feature. In training, and while trainable, mean and
// variance are those of the rows that this process has of the batch (of the steps that a mask lets count), and
// moving = momentum moving + (1 - momentum) batch; otherwise they are the moving ones. Shapes are equal.
Layer BatchNormalization(const BatchNormalizationOptions& options = {});

Layer batch_normalization_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
