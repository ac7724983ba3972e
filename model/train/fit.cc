#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "model/train/checks.h"
#include "model/train/common_state.h"
#include "model/train/evaluation.h"
#include "model/train/fit_run.h"
#include "model/train/shares.h"

namespace shoal {
namespace train {
namespace {

// Workers agree on a stop in the middle of an epoch once in so many steps; alone it takes effect at once.
constexpr std::int64_t kAgreeEvery = 16;

// Calls `work`; the profiler, if there is one, hears how long it took.
template <class Work>
void timed(Profiler* profiler, const char* what, Work&& work) {
  if (profiler == nullptr) {
    work();
    return;
  }
  const auto begin = Profiler::Clock::now();
  work();
  profiler->spent(what, begin, Profiler::Clock::now());
}

// Carries what the plan announces to whoever applies gradients.
class Forward : public plan::Observer {
 public:
  Forward(ParameterUpdater& updater, Profiler* profiler) : updater_(updater), profiler_(profiler) {}
  void before_forward(int variable) override {
    timed(profiler_, "waiting for weights", [&] { updater_.before_forward(variable); });
  }
  void before_gradient_write(int variable) override {
    timed(profiler_, "waiting for gradients' place", [&] { updater_.before_gradient_write(variable); });
  }
  void gradient_ready(int variable) override {
    timed(profiler_, "applying or sending gradients", [&] { updater_.gradient_ready(variable); });
  }
  bool takes_parts(int variable, std::int64_t part_elements) override {
    return updater_.takes_parts(variable, part_elements);
  }
  void gradient_part(int variable, std::int64_t begin, std::int64_t count, const void* values) override {
    timed(profiler_, "applying or sending gradients", [&] { updater_.gradient_part(variable, begin, count, values); });
  }
  void* part_place(int variable, std::int64_t begin) override {
    void* place = nullptr;
    timed(profiler_, "waiting for gradients' place", [&] { place = updater_.part_place(variable, begin); });
    return place;
  }
  bool takes_rows(int variable) override { return updater_.takes_rows(variable); }
  void before_rows(int variable, std::span<const std::int64_t> rows) override {
    timed(profiler_, "bringing rows up to date", [&] { updater_.before_rows(variable, rows); });
  }
  void gradient_rows(int variable, const RowGradient& gradient) override {
    timed(profiler_, "applying or sending gradients", [&] { updater_.gradient_rows(variable, gradient); });
  }

 private:
  ParameterUpdater& updater_;
  Profiler* profiler_;
};

struct Fitting {
  explicit Fitting(bool& flag) : flag_(flag) { flag_ = true; }
  ~Fitting() { flag_ = false; }
  bool& flag_;
};

}  // namespace

History FitRun::run() {
  prepare();
  const Fitting fitting(state_.fitting);
  model_.stop_training = false;
  callbacks_.call(&Callback::on_train_begin);
  const bool go_on = !options_.resume || resume();
  state_.published = false;  // whatever has changed since the last fit
  make_weights_common(model_);
  restore_own_state(model_, own_state_, own_state_workers_);
  profiler_ = Profiler::make(options_.profile, program_->plan());
  for (int epoch = first_epoch_; go_on && epoch < options_.epochs && !stopped_; ++epoch) run_epoch(epoch);
  updater_->all_current();
  callbacks_.call(&Callback::on_train_end, epoch_logs_);
  updater_->release_weights();
  if (profiler_) {
    const std::string table = profiler_->finish();
    if (context_.is_chief()) fmt::print("{}", table);
  }
  return history_;
}

void FitRun::run_epoch(int epoch) {
  bar_.emplace(batches_, options_.verbose);
  if (options_.epochs > 1) bar_->title(epoch + 1, options_.epochs);
  if (first_batch_ == 0) {
    sums_.reset();
    callbacks_.call(&Callback::on_epoch_begin, epoch);
  }
  run_batches(epoch);
  updater_->all_current();
  make_state_common(model_);
  end_epoch(epoch);
  first_batch_ = 0;
  stopped_ = stop_agreed(true);
  const bool over = stopped_ || epoch + 1 == options_.epochs;
  if (checkpointer_.per_epoch() || (checkpointer_.enabled() && over)) {
    sums_.reset();
    checkpoint(epoch + 1, 0);
  }
}

void FitRun::run_batches(int epoch) {
  // The step at the epoch's start names its order: another fit of the same model sees another one.
  write_order(order_, options_.shuffle, random::global_seed(), static_cast<std::uint64_t>(state_.step - first_batch_));
  for (std::int64_t batch = first_batch_; batch < batches_; ++batch) {
    callbacks_.call(&Callback::on_train_batch_begin, static_cast<int>(batch));
    run_batch(epoch, batch);
    if (callbacks_.read_weights_after_batch()) updater_->all_current();
    if (!callbacks_.empty() || bar_->visible()) sums_.write_means(batch_logs_);
    callbacks_.call(&Callback::on_train_batch_end, static_cast<int>(batch), batch_logs_);
    bar_->update(batch + 1, batch_logs_);
    const bool stop = stop_agreed(false);
    if (checkpointer_.due(state_.step) && !stop) checkpoint(epoch, batch + 1);
    if (stop) break;
  }
}

void FitRun::run_batch(int epoch, std::int64_t batch) {
  const std::int64_t begin = batch * batch_size_, rows = std::min(batch_size_, samples_ - begin);
  const Share share = share_of(rows, context_.rank(), context_.workers());
  Optimizer& optimizer = model_.optimizer();
  context_.set_activity("training step", state_.step);
  updater_->begin_step({optimizer.iterations, optimizer.current_learning_rate()});
  const std::int64_t* order = order_.data() + begin + share.begin;
  StepInput input{{}, {}, share.rows(), share.begin, rows, state_.step};
  timed(profiler_.get(), "gathering the batch", [&] {
    input.x = feed_x_->gather(order, share.rows());
    input.y = feed_y_->gather(order, share.rows());
    if (feed_whole_) input.whole_x = feed_whole_->gather(order_.data() + begin, rows);
    input.weights = feed_weights_->gather(order, share.rows());
  });
  Forward observer(*updater_, profiler_.get());
  const double loss = program_->run(input, sums_.values(), &observer);
  timed(profiler_.get(), "applying or sending gradients", [&] { updater_->step_done(); });
  ++optimizer.iterations;
  ++state_.step;
  if (!std::isfinite(loss)) warn_of_loss(loss, epoch, batch);
}

void FitRun::warn_of_loss(double loss, int epoch, std::int64_t batch) {
  if (warned_) return;
  warned_ = true;
  log::warning("fit: the loss became {} in epoch {}, batch {}; a smaller learning_rate or scaled inputs often help",
               loss, epoch + 1, batch + 1);
}

bool FitRun::stop_agreed(bool at_epoch_end) {
  if (context_.workers() == 1) return model_.stop_training;
  if (!at_epoch_end && (callbacks_.empty() || state_.step % kAgreeEvery != 0)) return false;
  double wishes = model_.stop_training ? 1 : 0;
  context_.sum({&wishes, 1});
  model_.stop_training = wishes > 0;
  return model_.stop_training;
}

void FitRun::end_epoch(int epoch) {
  epoch_logs_.clear();
  for (const auto& [name, value] : sums_.means_of_all()) epoch_logs_[name] = value;
  if (!validation_.empty()) {
    callbacks_.call(&Callback::on_test_begin);
    const auto values = evaluate_on(model_, validation_, validation_batch_, nullptr);
    callbacks_.call(&Callback::on_test_end, Logs(values.begin(), values.end()));
    for (const auto& [name, value] : values) epoch_logs_["val_" + name] = value;
  }
  callbacks_.call(&Callback::on_epoch_end, epoch, epoch_logs_);
  history_.epoch.push_back(epoch);
  for (const auto& [name, value] : epoch_logs_) history_.history[name].push_back(value);
  bar_->finish(epoch_logs_);
}

}  // namespace train

History Model::fit(const Several<Tensor>& x, const Several<Tensor>& y, const FitOptions& options) {
  train::check_has_loss(*this, "fit");
  train::check_options(options);
  return train::FitRun(*this, train::read_samples(*this, "fit", x, y, options.sample_weight), options).run();
}

}  // namespace shoal
