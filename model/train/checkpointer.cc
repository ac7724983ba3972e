#include "model/train/checkpointer.h"

#include "common/base/error.h"
#include "model/train/run_context.h"
#include "model/train/training_state.h"

namespace shoal::train {

Checkpointer::Checkpointer(Model& model, const CheckpointOptions& options) : model_(model), options_(options) {}

bool Checkpointer::due(std::int64_t step) const {
  if (!enabled()) return false;
  if (options_.every_batches > 0 && step % options_.every_batches == 0) return true;
  if (options_.every_seconds <= 0) return false;
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_;
  const bool mine = since.count() >= options_.every_seconds;
  return run_context().workers() == 1 ? mine : run_context().broadcast(mine ? "1" : "0") == "1";
}

void Checkpointer::write(const saving::TrainingState& state) {
  RunContext& context = run_context();
  context.set_activity("checkpoint at step", state.step);
  if (context.is_chief()) saving::write_checkpoint(options_.directory, model_, state, options_.keep);
  if (context.workers() > 1) context.barrier();
  last_ = std::chrono::steady_clock::now();
}

std::optional<saving::TrainingState> Checkpointer::restore() {
  RunContext& context = run_context();
  context.set_activity("restoring a checkpoint", 0);
  std::optional<saving::TrainingState> state;
  std::string message;  // '+' and a state, '-' for none, '!' and what went wrong: then all fail alike
  if (context.is_chief()) {
    try {
      state = saving::restore_newest(options_.directory, model_);
      message = state ? encode(*state) : std::string();
      message.insert(message.begin(), state ? '+' : '-');
    } catch (const Error& error) {
      if (context.workers() == 1) throw;
      message = error.what();
      message.insert(message.begin(), '!');
    }
  }
  if (context.workers() == 1) return state;
  message = context.broadcast(message);
  if (message.starts_with('!')) throw IoError(message.substr(1));
  if (message.starts_with('-')) return std::nullopt;
  return decode(message.substr(message.empty() ? 0 : 1));
}

}  // namespace shoal::train
