#include "model/layers/lstm.h"

#include "model/layers/recurrent_options.h"

namespace shoal::layers {
namespace {

nlohmann::json to_json(std::int64_t units, const LSTMOptions& options) {
  nlohmann::json config = recurrent_config(units, options);
  config["recurrent_activation"] = options.recurrent_activation;
  config["unit_forget_bias"] = options.unit_forget_bias;
  return config;
}

}  // namespace

Layer LSTM(std::int64_t units, const LSTMOptions& options) { return lstm_from_config(to_json(units, options)); }

Layer LSTMCell(std::int64_t units, const LSTMOptions& options) {
  return lstm_cell_from_config(to_json(units, options));
}

Layer lstm_from_config(const nlohmann::json& config) { return recurrent_layer_from_config(kLstm, config); }
Layer lstm_cell_from_config(const nlohmann::json& config) { return recurrent_cell_from_config(kLstm, config); }

}  // namespace shoal::layers
