#pragma once

#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

// Options of every layer stand in the order of Keras's signature, then input_shape, name, dtype.
struct DenseOptions {
  std::string activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = activation(x kernel + bias): (rows, ..., n) -> (rows, ..., units), kernel (n, units), bias (units).
Layer Dense(std::int64_t units, const DenseOptions& options = {});

Layer dense_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
