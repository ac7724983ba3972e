#pragma once

#include <optional>
#include <vector>

#include "model/train/callback_list.h"
#include "model/train/checkpointer.h"
#include "model/train/common_state.h"
#include "model/train/feed.h"
#include "model/train/metric_sums.h"
#include "model/train/profiler.h"
#include "model/train/run_context.h"
#include "model/train/samples.h"
#include "model/train/state.h"
#include "model/viz/progress_bar.h"

namespace shoal::train {

// One call of fit: the same text for one process and for a job. What differs is behind run_context() and the updater.
class FitRun {
 public:
  FitRun(Model& model, Samples samples, const FitOptions& options);
  History run();

 private:
  // --- fit_setup.cc ---
  void split_validation();
  void prepare();  // everything that can be wrong with data or model shows here, on every worker alike
  void make_feeds();
  void trace();

  // --- fit_resume.cc ---
  bool resume();  // false: the checkpoint says that training is over
  void restore_sums(const saving::TrainingState& saved);
  void checkpoint(int epoch, std::int64_t batch);

  // --- fit.cc ---
  void run_epoch(int epoch);
  void run_batches(int epoch);
  void run_batch(int epoch, std::int64_t batch);
  void end_epoch(int epoch);
  bool stop_agreed(bool at_epoch_end);
  void warn_of_loss(double loss, int epoch, std::int64_t batch);

  Model& model_;
  Model::State& state_;
  RunContext& context_ = run_context();
  FitOptions options_;
  Samples data_, validation_;  // validation_: empty when there is none
  std::int64_t batch_size_ = 0, validation_batch_ = 0, samples_ = 0, batches_ = 0;
  CallbackList callbacks_;
  Checkpointer checkpointer_;
  MetricSums sums_;
  History history_;
  Logs batch_logs_, epoch_logs_;
  ParameterUpdater* updater_ = nullptr;
  StepProgram* program_ = nullptr;
  std::optional<Feeds> feed_x_, feed_y_, feed_weights_, feed_whole_;
  std::vector<std::int64_t> order_;
  int first_epoch_ = 0;
  std::int64_t first_batch_ = 0;  // of the first epoch run, after a resume
  std::int64_t checkpointed_step_ = -1;
  OwnState own_state_;  // after a resume
  int own_state_workers_ = 0;
  std::optional<viz::ProgressBar> bar_;
  std::unique_ptr<Profiler> profiler_;  // null: none asked for
  bool stopped_ = false, warned_ = false;
};

}  // namespace shoal::train
