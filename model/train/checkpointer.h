#pragma once

#include <chrono>
#include <optional>

#include "model/saving/checkpoint.h"

namespace shoal::train {

// When a fit keeps a checkpoint, and the exchange between workers that it needs. Every worker has one and makes the
// same calls.
class Checkpointer {
 public:
  Checkpointer(Model& model, const CheckpointOptions& options);

  bool enabled() const { return !options_.directory.empty(); }
  bool per_epoch() const { return enabled() && options_.every_batches == 0 && options_.every_seconds == 0; }
  // After a step: by its number, or because the chief's clock says so.
  bool due(std::int64_t step);

  // The chief writes; the others wait, since the servers' state must not move while it is read. `state` counts on the
  // chief alone. Weights are current.
  void write(const saving::TrainingState& state);

  // The chief restores; everybody gets where training stands. Nothing when there is no checkpoint.
  std::optional<saving::TrainingState> restore();

 private:
  std::int64_t steps_until_asked(std::int64_t step, double seconds) const;

  Model& model_;
  CheckpointOptions options_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::int64_t last_step_ = -1;  // at `last_`; -1: not known yet
  std::int64_t ask_at_ = 0;      // the step at which the workers ask the chief's clock again
};

}  // namespace shoal::train
