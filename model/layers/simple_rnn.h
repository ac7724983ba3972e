#pragma once

#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct SimpleRNNOptions {
  std::string activation = "tanh";
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
  bool zero_output_for_mask = false;
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// (rows, time, n) -> (rows, units) or, with return_sequences, (rows, time, units); with return_state the states follow.
// Further inputs are the states at the start. A step that the mask leaves out keeps state and output. Dropout draws
// once for each row of a batch, for all steps.
// h = activation(x kernel + h recurrent_kernel + bias); kernel (n, units), recurrent_kernel (units, units).
Layer SimpleRNN(std::int64_t units, const SimpleRNNOptions& options = {});
// One step of it, without the options of a sequence: (x, states) -> (h, states).
Layer SimpleRNNCell(std::int64_t units, const SimpleRNNOptions& options = {});

Layer simple_rnn_from_config(const nlohmann::json& config);
Layer simple_rnn_cell_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
