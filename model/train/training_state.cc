#include "model/train/training_state.h"

#include <bit>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::train {
namespace {

using json = nlohmann::json;

json bits(const std::vector<double>& values) {
  json result = json::array();
  for (const double value : values) result.push_back(std::bit_cast<std::uint64_t>(value));
  return result;
}

std::vector<double> from_bits(const json& values) {
  std::vector<double> result;
  for (const json& value : values) result.push_back(std::bit_cast<double>(value.get<std::uint64_t>()));
  return result;
}

}  // namespace

std::string encode(const saving::TrainingState& state) {
  json sums = json::array(), history = json::object();
  for (const auto& worker : state.metric_sums) sums.push_back(bits(worker));
  for (const auto& [name, values] : state.history.history) history[name] = bits(values);
  return json({{"epoch", state.epoch},
               {"batch", state.batch},
               {"step", state.step},
               {"iterations", state.iterations},
               {"learning_rate", bits({state.learning_rate})},
               {"seed", state.seed},
               {"global_batch", state.global_batch},
               {"samples", state.samples},
               {"shuffle", state.shuffle},
               {"workers", state.workers},
               {"metric_sums", sums},
               {"epochs", state.history.epoch},
               {"history", history},
               {"callbacks", state.callbacks},
               {"kernel_level", state.kernel_level}})
      .dump();
}

saving::TrainingState decode(const std::string& text) {
  try {
    const json values = json::parse(text);
    saving::TrainingState state;
    values.at("epoch").get_to(state.epoch);
    values.at("batch").get_to(state.batch);
    values.at("step").get_to(state.step);
    values.at("iterations").get_to(state.iterations);
    state.learning_rate = from_bits(values.at("learning_rate")).at(0);
    values.at("seed").get_to(state.seed);
    values.at("global_batch").get_to(state.global_batch);
    values.at("samples").get_to(state.samples);
    values.at("shuffle").get_to(state.shuffle);
    values.at("workers").get_to(state.workers);
    for (const json& worker : values.at("metric_sums")) state.metric_sums.push_back(from_bits(worker));
    values.at("epochs").get_to(state.history.epoch);
    for (const auto& [name, column] : values.at("history").items()) state.history.history[name] = from_bits(column);
    state.callbacks = values.at("callbacks");
    values.at("kernel_level").get_to(state.kernel_level);
    return state;
  } catch (const std::exception& error) {
    raise<PeerError>("the chief's training state cannot be read: {}", error.what());
  }
}

void adopt_seed(std::uint64_t seed) {
  const std::uint64_t streams = random::next_stream();
  if (seed == random::global_seed()) return;
  random::set_global_seed(seed);
  for (std::uint64_t i = 0; i < streams; ++i) random::next_stream();
}

}  // namespace shoal::train
