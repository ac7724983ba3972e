#include "model/train/evaluation.h"

#include <algorithm>
#include <limits>

#include "common/base/error.h"
#include "model/train/checks.h"
#include "model/train/feed.h"
#include "model/train/metric_sums.h"
#include "model/train/objectives.h"
#include "model/train/run_context.h"
#include "model/train/shares.h"
#include "model/train/state.h"

namespace shoal {
namespace train {

void prepare_evaluation(Model& model, const Samples& samples) {
  program_for(model, signature_of(model, StepKind::kTest, samples));
}

std::vector<std::pair<std::string, double>> evaluate_on(Model& model, const Samples& samples, std::int64_t batch_size,
                                                        viz::ProgressBar* bar) {
  RunContext& context = run_context();
  const Signature signature = signature_of(model, StepKind::kTest, samples);
  StepProgram& program = program_for(model, signature);
  MetricSums sums(objectives(model));
  const std::int64_t total = samples.rows(), batches = batches_of(total, batch_size);
  const std::int64_t most = std::min(total, batch_size / context.workers() + 1);
  Feeds feed_x(samples.x, signature.x, most), feed_y(samples.y, signature.y, most);
  std::optional<Feeds> feed_whole = whole_feeds(program, samples.x, signature.x, std::min(total, batch_size));
  Feeds feed_weights(samples.weights, signature.weights, most);
  Logs logs;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const std::int64_t begin = batch * batch_size, rows = std::min(batch_size, total - begin);
    const Share share = share_of(rows, context.rank(), context.workers());
    context.set_activity("evaluation batch", batch);
    if (share.rows() > 0) {
      StepInput input{feed_x.range(begin + share.begin, share.rows()),
                      feed_y.range(begin + share.begin, share.rows()),
                      share.rows(),
                      share.begin,
                      rows,
                      0};
      if (feed_whole) input.whole_x = feed_whole->range(begin, rows);
      input.weights = feed_weights.range(begin + share.begin, share.rows());
      program.run(input, sums.values(), nullptr);
    }
    if (bar != nullptr) {
      sums.write_means(logs);
      bar->update(batch + 1, logs);
    }
  }
  return sums.means_of_all();
}

}  // namespace train

Evaluation Model::evaluate(const Several<Tensor>& x, const Several<Tensor>& y, const EvaluateOptions& options) {
  const Logs logs = evaluate_all(x, y, options);
  const auto objectives = train::objectives(*this);
  const std::vector<std::string> names = train::log_names(objectives);
  const std::size_t first = 1 + train::logged_losses(objectives);
  return {logs.at("loss"), first < names.size() ? logs.at(names[first]) : std::numeric_limits<double>::quiet_NaN()};
}

Logs Model::evaluate_all(const Several<Tensor>& x, const Several<Tensor>& y, const EvaluateOptions& options) {
  train::check_has_loss(*this, "evaluate");
  train::Samples samples = train::read_samples(*this, "evaluate", x, y, options.sample_weight);
  train::check_batch_size("evaluate", options.batch_size);
  train::fit_inputs(*this, "evaluate", samples);
  train::check_labels(*this, "evaluate", samples);
  train::prepare_evaluation(*this, samples);
  train::make_weights_common(*this);
  if (state_->updater) state_->updater->all_current();
  viz::ProgressBar bar(train::batches_of(samples.rows(), options.batch_size), options.verbose);
  const auto means = train::evaluate_on(*this, samples, options.batch_size, &bar);
  Logs logs(means.begin(), means.end());
  bar.finish(logs);
  return logs;
}

}  // namespace shoal
