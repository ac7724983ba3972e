#pragma once

#include <string>
#include <vector>

#include "model/tensor/tensor.h"

// What recurrent layers are made of: a whole sequence in one op. Not in keras.ops.
namespace shoal::ops {

struct RecurrentOptions {
  // "simple_rnn": h = act(x + h U). "lstm": gates i f g o. "gru": gates z r h, the reset gate behind the product;
  // "gru_reset_before": before it.
  std::string cell = "lstm";
  std::string activation = "tanh", recurrent_activation = "sigmoid";  // see check_cell_activation
  bool go_backwards = false;                                          // reads the last step first
};

// Undefined where there is none.
struct RecurrentInputs {
  Tensor projected = {};  // (rows, time, gates): x W + b of all steps
  Tensor kernel = {};     // (units, gates), of the state
  Tensor bias = {};       // (gates), of the state's product
  Tensor h = {}, c = {};  // (rows, units) at the start; else zeros
  Tensor mask = {};       // bool (rows, time): where it is off, the state stays as it was
  Tensor dropout = {};    // (rows, gates): what each gate sees of the state is multiplied by it, in every step
};

struct RecurrentOutputs {
  Tensor sequence;             // (rows, time, units) in the order in which steps are taken
  std::vector<Tensor> states;  // (rows, units) behind the last step: h, and c of an LSTM
};

RecurrentOutputs recurrent(const RecurrentInputs& inputs, const RecurrentOptions& options);

// ValueError naming `place` when a cell cannot have this activation.
void check_cell_activation(const std::string& place, const std::string& name);

}  // namespace shoal::ops
