#pragma once

#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::layers {

struct RNNOptions {
  bool return_sequences = false, return_state = false, go_backwards = false;
  bool zero_output_for_mask = false;
  Shape input_shape = {};  // of one row
  std::string name = {};
};

// A recurrent layer around cells: SimpleRNNCell, LSTMCell, GRUCell, or several behind each other, whose states follow
// each other among inputs and outputs.
Layer RNN(const Layer& cell, const RNNOptions& options = {});
Layer RNN(const std::vector<Layer>& cells, const RNNOptions& options = {});

// (x, states of all cells) -> (output of the last, states of all cells): one step.
Layer StackedRNNCells(const std::vector<Layer>& cells, const std::string& name = "");

Layer rnn_from_config(const nlohmann::json& config);
Layer stacked_rnn_cells_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
