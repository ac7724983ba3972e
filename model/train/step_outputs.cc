#include "model/train/step_outputs.h"

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/train/run_context.h"

namespace shoal::train {
namespace {

// What goes into the activation that made `output`, a softmax over the last axis or a sigmoid; undefined when it was
// not made by it.
Tensor before(const std::string& activation, const Tensor& output) {
  const graph::NodePtr& node = output.node();
  if (activation.empty() || !node || !node->operation->is(activation)) return {};
  const auto* attributes = std::get_if<graph::AxisAttributes>(&node->attributes);
  const bool last = attributes == nullptr || attributes->axis == -1 || attributes->axis == node->shape.rank() - 1;
  return last ? graph::tensor_of(node->inputs[0]) : Tensor();
}

Tensor loss_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred, const Tensor& weights,
               const Tensor& kept) {
  const Tensor mask = graph::mask_of(y_pred);
  if (mask.defined() && !kept.defined() && run_context().workers() > 1)
    raise(
        "loss '{}': the predictions carry a mask; in a job of several workers such a model cannot be trained with "
        "run_eagerly",
        loss.name());
  const Tensor logits = before(loss.activation(), y_pred);
  const Loss plain = logits.defined() ? loss.on_logits() : loss;
  const Loss used = weights.defined() ? plain.weighted_by(weights) : plain;
  return used(y_true, logits.defined() ? logits : y_pred, mask, kept);
}

// Of the two, the one with fewer values per row.
const Tensor& smaller(const Tensor& a, const Tensor& b) {
  return is_floating(b.dtype()) && b.shape().elements_per_row() < a.shape().elements_per_row() ? b : a;
}

// What a metric gives of this step, and how it is added up.
std::pair<Tensor, StepOutputs::Scale> measure(const Metric& metric, const Tensor& y_true, const Tensor& y_pred,
                                              const Tensor& weights) {
  if (const Counting* counting = metric.counting())
    return {counting->counts(y_true, y_pred, weights), {.size = counting->size}};
  const Tensor values = metric(y_true, y_pred), mask = graph::mask_of(y_pred);
  const bool mean = values.shape().rank() == 0;
  const bool masked = mask.defined() && !mean && mask.shape().rank() <= values.shape().rank();
  if (weights.defined() || masked)
    return {metric.weighted_sums(values, masked ? mask : Tensor(), weights), {.size = 2}};
  return {mean ? values : ops::sum(values),
          {mean, mean ? 1.0 : static_cast<double>(values.shape().elements_per_row())}};
}

}  // namespace

double* add_to_sums(const StepOutputs::Scale& scale, const void* value, DType dtype, double rows, double mean_rows,
                    double* sums) {
  const auto at = [&](std::size_t i) {
    return dtype == DType::kFloat64 ? static_cast<const double*>(value)[i]
                                    : static_cast<double>(static_cast<const float*>(value)[i]);
  };
  for (std::size_t i = 0; i < scale.size; ++i) *sums++ += at(i);
  if (scale.size > 0) return sums;
  *sums++ += at(0) * (scale.mean ? mean_rows : 1);
  *sums++ += rows * scale.count_per_row;
  return sums;
}

StepOutputs make_outputs(const std::vector<Objective>& objectives, const std::vector<Tensor>& y_true,
                         const std::vector<Tensor>& y_pred, const AddedLosses& added,
                         const std::vector<Tensor>& weights, const std::vector<Tensor>& kept) {
  const auto of = [](const std::vector<Tensor>& tensors, std::size_t output) {
    return tensors.empty() ? Tensor() : tensors[output];
  };
  StepOutputs result;
  Tensor rows;  // any with the batch's rows in front
  if (y_pred.size() != objectives.size())
    raise("the model gave {} outputs, expected {}", y_pred.size(), objectives.size());
  const bool log_losses = logged_losses(objectives) > 0;
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    const Objective& objective = objectives[i];
    if (!objective.loss.defined()) continue;
    const Tensor loss = loss_of(objective.loss, y_true[i], y_pred[i], of(weights, i), of(kept, i));
    if (loss.shape().rank() != 0 || !is_floating(loss.dtype()))
      raise("loss '{}': must be a floating scalar per batch, received shape {}", objective.loss.name(),
            loss.shape().to_string());
    if (log_losses) {
      result.scales.push_back({true, 1});
      result.metrics.push_back(loss);
    }
    const Tensor weighted = objective.weight == 1 ? loss : loss * Tensor(objective.weight);
    result.loss = result.loss.defined() ? result.loss + weighted : weighted;
    if (!rows.defined()) rows = smaller(y_pred[i], y_true[i]);
  }
  if (!result.loss.defined()) raise("no output of the model has a loss");
  if (const Tensor part = part_of(added, rows); part.defined())
    result.loss = result.loss + (part.dtype() == result.loss.dtype() ? part : ops::cast(part, result.loss.dtype()));
  for (const auto& [output, metric, weighted] : logged_metrics(objectives)) {
    const Tensor w = weighted ? of(weights, output) : Tensor();
    const auto [value, scale] = measure(*metric, y_true[output], y_pred[output], w);
    result.metrics.push_back(value);
    result.scales.push_back(scale);
  }
  return result;
}

}  // namespace shoal::train
