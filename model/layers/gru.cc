#include "model/layers/gru.h"

#include "model/layers/recurrent_options.h"

namespace shoal::layers {
namespace {

nlohmann::json to_json(std::int64_t units, const GRUOptions& options) {
  nlohmann::json config = recurrent_config(units, options);
  config["recurrent_activation"] = options.recurrent_activation;
  config["reset_after"] = options.reset_after;
  return config;
}

}  // namespace

Layer GRU(std::int64_t units, const GRUOptions& options) { return gru_from_config(to_json(units, options)); }

Layer GRUCell(std::int64_t units, const GRUOptions& options) { return gru_cell_from_config(to_json(units, options)); }

Layer gru_from_config(const nlohmann::json& config) { return recurrent_layer_from_config(kGru, config); }
Layer gru_cell_from_config(const nlohmann::json& config) { return recurrent_cell_from_config(kGru, config); }

}  // namespace shoal::layers
