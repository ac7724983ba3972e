#include "model/train/checkpointer.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/train/run_context.h"
#include "model/train/training_state.h"

namespace shoal::train {

Checkpointer::Checkpointer(Model& model, const CheckpointOptions& options) : model_(model), options_(options) {}

// Half of the steps that are left at the pace so far: so the question costs a job next to nothing, and comes in time.
std::int64_t Checkpointer::steps_until_asked(std::int64_t step, double seconds) const {
  constexpr double kMost = 1000;
  const auto steps = static_cast<double>(std::max<std::int64_t>(step - last_step_, 1));
  const double left = (options_.every_seconds - seconds) / std::max(seconds / steps, 1e-9);
  return static_cast<std::int64_t>(std::clamp(left / 2, 1.0, kMost));
}

bool Checkpointer::due(std::int64_t step) {
  if (!enabled()) return false;
  if (options_.every_batches > 0 && step % options_.every_batches == 0) return true;
  if (options_.every_seconds <= 0) return false;
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_;
  const bool mine = since.count() >= options_.every_seconds;
  if (run_context().workers() == 1) return mine;
  if (last_step_ < 0) last_step_ = step - 1;
  if (step < ask_at_) return false;
  // The chief says in how many steps to ask again; 0: now is the time.
  const std::string told = run_context().broadcast(std::to_string(mine ? 0 : steps_until_asked(step, since.count())));
  const std::int64_t steps = std::stoll(told);
  ask_at_ = step + std::max<std::int64_t>(steps, 1);
  if (steps == 0) last_step_ = step;
  return steps == 0;
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
  message = context.broadcast(message);  // without the workers' own values, which the chief keeps
  if (message.starts_with('!')) throw IoError(message.substr(1));
  if (message.starts_with('-')) return std::nullopt;
  if (state) return state;
  return decode(message.substr(message.empty() ? 0 : 1));
}

}  // namespace shoal::train
