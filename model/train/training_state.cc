#include "model/train/training_state.h"

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/saving/checkpoint_state.h"

namespace shoal::train {

std::string encode(const saving::TrainingState& state) { return saving::to_json(state).dump(); }

saving::TrainingState decode(const std::string& text) {
  try {
    return saving::training_state(nlohmann::json::parse(text));
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
