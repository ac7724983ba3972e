#include <algorithm>
#include <functional>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "model/kernels/table.h"
#include "model/train/common_state.h"
#include "model/train/fit_run.h"
#include "model/train/shares.h"
#include "model/train/training_state.h"

namespace shoal::train {
namespace {

std::string kernel_level() { return kernels::table<float>().level; }

}  // namespace

bool FitRun::resume() {
  const auto saved = checkpointer_.restore();
  if (!saved) return true;
  if (saved->samples != samples_ || saved->shuffle != options_.shuffle)
    raise("resume: the checkpoint is of training on {} samples with shuffle {}, fit was given {} and {}",
          saved->samples, saved->shuffle, samples_, options_.shuffle);
  if (saved->global_batch != batch_size_) {
    if (options_.batch_size_per_worker == 0 || saved->workers == context_.workers())
      raise("resume: the checkpoint is of training with a global batch of {}, fit was given {}", saved->global_batch,
            batch_size_);
    batch_size_ = saved->global_batch;  // on other workers the batches stay as they were
    batches_ = batches_of(samples_, batch_size_);
    make_feeds();
  }
  if (!saved->kernel_level.empty() && saved->kernel_level != kernel_level() && context_.is_chief())
    log::warning("resume: the checkpoint was made with kernels of level {}, here they are {}: rounding may differ",
                 saved->kernel_level, kernel_level());
  adopt_seed(saved->seed);
  trace();  // the seed is part of a trace
  state_.step = saved->step;
  state_.published = false;
  model_.optimizer().iterations = saved->iterations;
  model_.optimizer().learning_rate = saved->learning_rate;
  history_ = saved->history;
  for (const auto& [name, values] : history_.history)
    if (!values.empty()) epoch_logs_[name] = values.back();
  first_epoch_ = saved->epoch;
  first_batch_ = saved->batch;
  checkpointed_step_ = saved->step;
  restore_sums(*saved);
  own_state_ = saved->own;
  own_state_workers_ = saved->workers;
  if (!saved->callbacks.is_array() || saved->callbacks.empty())
    raise<IoError>("resume: the checkpoint holds no callbacks' state");
  nlohmann::json states = saved->callbacks;  // fit's own stands last
  const nlohmann::json own = states.back();
  states.erase(states.size() - 1);
  callbacks_.restore(states);
  return !own.value("stop_training", false) && first_epoch_ < options_.epochs;
}

void FitRun::restore_sums(const saving::TrainingState& saved) {
  if (saved.metric_sums.empty()) return;
  if (static_cast<int>(saved.metric_sums.size()) == context_.workers()) {
    sums_.set(saved.metric_sums[static_cast<std::size_t>(context_.rank())]);
    return;
  }
  std::vector<double> total(saved.metric_sums.front().size());
  for (const auto& worker : saved.metric_sums) {
    if (worker.size() != total.size()) raise<IoError>("resume: the checkpoint's metric sums have unequal lengths");
    std::transform(worker.begin(), worker.end(), total.begin(), total.begin(), std::plus<>());
  }
  sums_.set(total);
  if (!context_.is_chief()) sums_.reset();
}

void FitRun::checkpoint(int epoch, std::int64_t batch) {
  updater_->all_current();
  const CommonForNow common(model_);
  saving::TrainingState state;
  state.own = common.before();
  state.metric_sums = sums_.gather();
  if (context_.is_chief()) {
    state.epoch = epoch;
    state.batch = batch;
    state.step = state_.step;
    state.iterations = model_.optimizer().iterations;
    state.learning_rate = model_.optimizer().learning_rate;
    state.seed = random::global_seed();
    state.global_batch = batch_size_;
    state.samples = samples_;
    state.shuffle = options_.shuffle;
    state.workers = context_.workers();
    state.history = history_;
    state.callbacks = callbacks_.states();
    state.callbacks.push_back({{"stop_training", stopped_}});
    state.kernel_level = kernel_level();
  }
  checkpointer_.write(state);
  checkpointed_step_ = state_.step;
}

}  // namespace shoal::train
