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

Tensor loss_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred) {
  const Tensor mask = graph::mask_of(y_pred);
  if (mask.defined() && run_context().workers() > 1)
    raise(
        "loss '{}': the predictions carry a mask, and how many steps count in a batch of several workers is not "
        "known to any of them; train this model with one worker",
        loss.name());
  const Tensor logits = before(loss.activation(), y_pred);
  return logits.defined() ? loss.on_logits()(y_true, logits, mask) : loss(y_true, y_pred, mask);
}

// Of the two, the one with fewer values per row.
const Tensor& smaller(const Tensor& a, const Tensor& b) {
  return is_floating(b.dtype()) && b.shape().elements_per_row() < a.shape().elements_per_row() ? b : a;
}

}  // namespace

StepOutputs make_outputs(const std::vector<Objective>& objectives, const std::vector<Tensor>& y_true,
                         const std::vector<Tensor>& y_pred, const AddedLosses& added) {
  StepOutputs result;
  Tensor rows;  // any with the batch's rows in front
  if (y_pred.size() != objectives.size())
    raise("the model gave {} outputs, expected {}", y_pred.size(), objectives.size());
  const bool log_losses = logged_losses(objectives) > 0;
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    const Objective& objective = objectives[i];
    if (!objective.loss.defined()) continue;
    const Tensor loss = loss_of(objective.loss, y_true[i], y_pred[i]);
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
  for (std::size_t i = 0; i < objectives.size(); ++i)
    for (const Metric& metric : objectives[i].metrics) {
      const Tensor values = metric(y_true[i], y_pred[i]);
      const bool mean = values.shape().rank() == 0;
      result.scales.push_back({mean, mean ? 1.0 : static_cast<double>(values.shape().elements_per_row())});
      result.metrics.push_back(mean ? values : ops::sum(values));
    }
  return result;
}

}  // namespace shoal::train
