#pragma once

#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct GRUOptions {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer recurrent_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint recurrent_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  double dropout = 0, recurrent_dropout = 0;
  std::optional<std::uint64_t> seed = {};
  bool return_sequences = false, return_state = false, go_backwards = false;
  bool reset_after = true;
  bool zero_output_for_mask = false;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// (rows, time, n) -> (rows, units) or, with return_sequences, (rows, time, units); with return_state the states follow.
// Further inputs are the states at the start. A step that the mask leaves out keeps state and output. Dropout draws
// once for each row of a batch, for all steps.
// z, r = recurrent_activation(...); g = activation(x + r (h recurrent_kernel + bias)), or of (r h) recurrent_kernel
// without reset_after; h = z h + (1 - z) g; kernel (n, 3 units), recurrent_kernel (units, 3 units).
Layer GRU(std::int64_t units, const GRUOptions& options = {});
// One step of it, without the options of a sequence: (x, states) -> (h, states).
Layer GRUCell(std::int64_t units, const GRUOptions& options = {});

Layer gru_from_config(const nlohmann::json& config);
Layer gru_cell_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
