#include "model/train/evaluation.h"

#include <algorithm>
#include <limits>

#include "common/base/error.h"
#include "model/train/checks.h"
#include "model/train/feed.h"
#include "model/train/metric_sums.h"
#include "model/train/run_context.h"
#include "model/train/shares.h"
#include "model/train/state.h"

namespace shoal {
namespace train {
namespace {

Shape symbolic(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  dims[0] = kRows;
  return Shape(std::move(dims));
}

Signature test_signature(Model& model, const Tensor& x, const Tensor& y) {
  const DType dtype = dtype_of_model(model);
  return {StepKind::kTest, symbolic(x.shape()), symbolic(y.shape()), dtype, dtype_of_labels(y, dtype)};
}

}  // namespace

Shape output_shape_of(Model& model) {
  Shape shape = model.input_shape();
  for (const Layer& layer : model.layers()) shape = layer->compute_output_shape(shape);
  return shape;
}

void prepare_evaluation(Model& model, const Tensor& x, const Tensor& y) {
  program_for(model, test_signature(model, x, y));
}

std::vector<std::pair<std::string, double>> evaluate_on(Model& model, const Tensor& x, const Tensor& y,
                                                        std::int64_t batch_size, viz::ProgressBar* bar) {
  RunContext& context = run_context();
  const Signature signature = test_signature(model, x, y);
  StepProgram& program = program_for(model, signature);
  MetricSums sums(model.compile_options());
  const std::int64_t samples = x.rows(), batches = batches_of(samples, batch_size);
  const std::int64_t most = batch_size / context.workers() + 1;
  Feed feed_x(x, signature.x_dtype, most), feed_y(y, signature.y_dtype, most);
  Logs logs;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const std::int64_t begin = batch * batch_size, rows = std::min(batch_size, samples - begin);
    const Share share = share_of(rows, context.rank(), context.workers());
    context.set_activity("evaluation batch", batch);
    if (share.rows() > 0)
      program.run({feed_x.range(begin + share.begin, share.rows()), feed_y.range(begin + share.begin, share.rows()),
                   share.rows(), share.begin, rows, 0},
                  sums.values(), nullptr);
    if (bar != nullptr) {
      sums.write_means(logs);
      bar->update(batch + 1, logs);
    }
  }
  return sums.means_of_all();
}

}  // namespace train

Evaluation Model::evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options) {
  const Logs logs = evaluate_all(x, y, options);
  const auto& metrics = compile_options().metrics;
  return {logs.at("loss"),
          metrics.empty() ? std::numeric_limits<double>::quiet_NaN() : logs.at(metrics.front().name())};
}

Logs Model::evaluate_all(const Tensor& x, const Tensor& y, const EvaluateOptions& options) {
  if (!compile_options().loss.defined()) raise("evaluate: model '{}' was compiled without a loss", name_);
  train::check_data("evaluate", x, y);
  train::check_batch_size("evaluate", options.batch_size);
  train::check_input(*this, "evaluate", x);
  train::check_labels(*this, "evaluate", y, train::output_shape_of(*this));
  train::prepare_evaluation(*this, x, y);
  train::make_weights_common(*this);
  if (state_->updater) state_->updater->all_current();
  viz::ProgressBar bar(train::batches_of(x.rows(), options.batch_size), options.verbose);
  const auto means = train::evaluate_on(*this, x, y, options.batch_size, &bar);
  Logs logs(means.begin(), means.end());
  bar.finish(logs);
  return logs;
}

}  // namespace shoal
