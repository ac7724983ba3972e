#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/train/checks.h"
#include "model/train/evaluation.h"
#include "model/train/fit_run.h"
#include "model/train/shares.h"
#include "model/train/training_state.h"

namespace shoal::train {

FitRun::FitRun(Model& model, const Tensor& x, const Tensor& y, const FitOptions& options)
    : model_(model),
      state_(model.state()),
      options_(options),
      x_(x),
      y_(y),
      callbacks_(options.callbacks, &model),
      checkpointer_(model, options.checkpoint),
      sums_(model.compile_options()),
      first_epoch_(options.initial_epoch) {
  const bool per_worker = options.batch_size_per_worker > 0;
  batch_size_ = per_worker ? options.batch_size_per_worker * context_.workers() : options.batch_size;
  validation_batch_ = options.validation_batch_size > 0 ? options.validation_batch_size : batch_size_;
  split_validation();
  samples_ = x_.rows();
  batches_ = batches_of(samples_, batch_size_);
}

void FitRun::split_validation() {
  if (options_.validation_data) {
    x_validation_ = options_.validation_data->x;
    y_validation_ = options_.validation_data->y;
    check_data("fit: validation_data", x_validation_, y_validation_);
  }
  if (options_.validation_split == 0) return;
  const std::int64_t rows = x_.rows();
  const auto at = static_cast<std::int64_t>(std::floor(static_cast<double>(rows) * (1 - options_.validation_split)));
  if (at == 0 || at == rows)
    raise("fit: validation_split {} of {} samples leaves none on one side", options_.validation_split, rows);
  x_validation_ = x_.slice(at, rows);
  y_validation_ = y_.slice(at, rows);
  x_ = x_.slice(0, at);
  y_ = y_.slice(0, at);
}

void FitRun::prepare() {
  check_input(model_, "fit", x_);
  if (x_validation_.defined()) check_input(model_, "fit: validation_data", x_validation_);
  const Shape output = output_shape_of(model_);
  check_labels(model_, "fit", y_, output);
  if (x_validation_.defined()) check_labels(model_, "fit: validation_data", y_validation_, output);
  adopt_seed(std::stoull(context_.broadcast(std::to_string(random::global_seed()))));
  order_.resize(static_cast<std::size_t>(samples_));
  make_feeds();
  trace();
  updater_ = &model_.updater();
}

void FitRun::make_feeds() {
  const DType dtype = dtype_of_model(model_);
  const std::int64_t most = std::min(batch_size_ / context_.workers() + 1, samples_);
  feed_x_.emplace(x_, dtype, most);
  feed_y_.emplace(y_, dtype_of_labels(y_, dtype), most);
}

void FitRun::trace() {
  program_ =
      &program_for(model_, {StepKind::kTrain, feed_x_->shape(), feed_y_->shape(), feed_x_->dtype(), feed_y_->dtype()});
  if (x_validation_.defined()) prepare_evaluation(model_, x_validation_, y_validation_);
}

}  // namespace shoal::train
