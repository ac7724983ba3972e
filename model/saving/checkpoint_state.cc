#include "model/saving/checkpoint_state.h"

#include "model/saving/json_text.h"

namespace shoal::saving {

using nlohmann::json;

json to_json(const TrainingState& state) {
  return with_finite_numbers({{"epoch", state.epoch},
                              {"batch", state.batch},
                              {"step", state.step},
                              {"iterations", state.iterations},
                              {"learning_rate", state.learning_rate},
                              {"seed", state.seed},
                              {"global_batch", state.global_batch},
                              {"samples", state.samples},
                              {"shuffle", state.shuffle},
                              {"workers", state.workers},
                              {"metric_sums", state.metric_sums},
                              {"own_weights", state.own.weights},
                              {"history", {{"epoch", state.history.epoch}, {"values", state.history.history}}},
                              {"callbacks", state.callbacks},
                              {"kernel_level", state.kernel_level}});
}

TrainingState training_state(const json& stored) {
  const json from = with_all_numbers(stored);
  TrainingState state;
  from.at("epoch").get_to(state.epoch);
  from.at("batch").get_to(state.batch);
  from.at("step").get_to(state.step);
  from.at("iterations").get_to(state.iterations);
  from.at("learning_rate").get_to(state.learning_rate);
  from.at("seed").get_to(state.seed);
  from.at("global_batch").get_to(state.global_batch);
  from.at("samples").get_to(state.samples);
  from.at("shuffle").get_to(state.shuffle);
  from.at("workers").get_to(state.workers);
  from.at("metric_sums").get_to(state.metric_sums);
  if (from.contains("own_weights")) from["own_weights"].get_to(state.own.weights);  // not in older files
  from.at("history").at("epoch").get_to(state.history.epoch);
  from.at("history").at("values").get_to(state.history.history);
  state.callbacks = from.at("callbacks");
  from.at("kernel_level").get_to(state.kernel_level);
  return state;
}

}  // namespace shoal::saving
