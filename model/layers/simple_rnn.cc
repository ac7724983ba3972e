#include "model/layers/simple_rnn.h"

#include "model/layers/recurrent_options.h"

namespace shoal::layers {
namespace {

nlohmann::json to_json(std::int64_t units, const SimpleRNNOptions& options) { return recurrent_config(units, options); }

}  // namespace

Layer SimpleRNN(std::int64_t units, const SimpleRNNOptions& options) {
  return simple_rnn_from_config(to_json(units, options));
}

Layer SimpleRNNCell(std::int64_t units, const SimpleRNNOptions& options) {
  return simple_rnn_cell_from_config(to_json(units, options));
}

Layer simple_rnn_from_config(const nlohmann::json& config) { return recurrent_layer_from_config(kSimpleRnn, config); }
Layer simple_rnn_cell_from_config(const nlohmann::json& config) {
  return recurrent_cell_from_config(kSimpleRnn, config);
}

}  // namespace shoal::layers
