#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/train/checks.h"
#include "model/train/evaluation.h"
#include "model/train/fit_run.h"
#include "model/train/objectives.h"
#include "model/train/shares.h"
#include "model/train/training_state.h"

namespace shoal::train {

FitRun::FitRun(Model& model, Samples samples, const FitOptions& options)
    : model_(model),
      state_(model.state()),
      options_(options),
      data_(std::move(samples)),
      callbacks_(options.callbacks, &model),
      checkpointer_(model, options.checkpoint),
      sums_(objectives(model)),
      first_epoch_(options.initial_epoch) {
  const bool per_worker = options.batch_size_per_worker > 0;
  batch_size_ = per_worker ? options.batch_size_per_worker * context_.workers() : options.batch_size;
  validation_batch_ = options.validation_batch_size > 0 ? options.validation_batch_size : batch_size_;
  split_validation();
  samples_ = data_.rows();
  batches_ = batches_of(samples_, batch_size_);
}

void FitRun::split_validation() {
  if (options_.validation_data)
    validation_ = read_samples(model_, "fit: validation_data", options_.validation_data->x, options_.validation_data->y,
                               options_.validation_data->sample_weight);
  if (options_.validation_split == 0) return;
  const std::int64_t rows = data_.rows();
  const auto at = static_cast<std::int64_t>(std::floor(static_cast<double>(rows) * (1 - options_.validation_split)));
  if (at == 0 || at == rows)
    raise("fit: validation_split {} of {} samples leaves none on one side", options_.validation_split, rows);
  validation_ = slice(data_, at, rows);
  data_ = slice(data_, 0, at);
}

void FitRun::prepare() {
  fit_inputs(model_, "fit", data_);
  if (!validation_.empty()) fit_inputs(model_, "fit: validation_data", validation_);
  check_labels(model_, "fit", data_);
  if (!validation_.empty()) check_labels(model_, "fit: validation_data", validation_);
  weigh_classes(model_, data_, options_.class_weight);
  adopt_seed(std::stoull(context_.broadcast(std::to_string(random::global_seed()))));
  order_.resize(static_cast<std::size_t>(samples_));
  make_feeds();
  trace();
  updater_ = &model_.updater();
}

void FitRun::make_feeds() {
  const Signature signature = signature_of(model_, StepKind::kTrain, data_);
  const std::int64_t most = std::min(batch_size_ / context_.workers() + 1, samples_);
  feed_x_.emplace(data_.x, signature.x, most);
  feed_y_.emplace(data_.y, signature.y, most);
  feed_weights_.emplace(data_.weights, signature.weights, most);
}

void FitRun::trace() {
  const Signature signature = signature_of(model_, StepKind::kTrain, data_);
  program_ = &program_for(model_, signature);
  feed_whole_ = whole_feeds(*program_, data_.x, signature.x, std::min(batch_size_, samples_));
  if (!validation_.empty()) prepare_evaluation(model_, validation_);
}

}  // namespace shoal::train
