#pragma once

#include "model/layers/recurrent_cell.h"

namespace shoal::layers {

// What all recurrent layers share. They take (rows, time, n), and the states at the start as further inputs; the
// outputs are the sequence or its last step, then the states when asked for.
struct SequenceOptions {
  bool return_sequences = false, return_state = false, go_backwards = false;
  bool unroll = false;  // taken and ignored: a sequence is one op
  bool zero_output_for_mask = false;
};

SequenceOptions read_sequence_options(const char* place, const nlohmann::json& config);
nlohmann::json sequence_options_to_json(const SequenceOptions& options);

// `cells` run behind each other; `cell_layer` is the sublayer "cell" that holds them: the one cell, or the stack.
Layer make_recurrent_layer(const std::string& class_name, std::vector<RecurrentCellPtr> cells,
                           std::shared_ptr<LayerImpl> cell_layer, const SequenceOptions& options,
                           const nlohmann::json& config);

// Of a class with one cell of its own: SimpleRNN, LSTM, GRU.
Layer recurrent_layer_from_config(const CellKind& kind, const nlohmann::json& config);

}  // namespace shoal::layers
