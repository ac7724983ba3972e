#include "model/train/step_outputs.h"

#include "common/base/error.h"
#include "model/graph/operation.h"

namespace shoal::train {
namespace {

// What goes into the softmax over the last axis that made `output`; undefined when there is none.
Tensor before_softmax(const Tensor& output) {
  const graph::NodePtr& node = output.node();
  if (!node || !node->operation->is("softmax")) return {};
  const auto* attributes = std::get_if<graph::AxisAttributes>(&node->attributes);
  const bool last = attributes != nullptr && (attributes->axis == -1 || attributes->axis == node->shape.rank() - 1);
  return last ? graph::tensor_of(node->inputs[0]) : Tensor();
}

Tensor loss_of(const Loss& loss, const Tensor& y_true, const Tensor& y_pred) {
  const Loss on_logits = loss.on_logits();
  const Tensor logits = on_logits.defined() ? before_softmax(y_pred) : Tensor();
  return logits.defined() ? on_logits(y_true, logits) : loss(y_true, y_pred);
}

}  // namespace

StepOutputs make_outputs(const CompileOptions& options, const Tensor& y_true, const Tensor& y_pred) {
  StepOutputs result;
  result.loss = loss_of(options.loss, y_true, y_pred);
  if (result.loss.shape().rank() != 0 || !is_floating(result.loss.dtype()))
    raise("loss '{}': must be a floating scalar per batch, received shape {}", options.loss.name(),
          result.loss.shape().to_string());
  for (const Metric& metric : options.metrics) {
    const Tensor values = metric(y_true, y_pred);
    const bool mean = values.shape().rank() == 0;
    result.scales.push_back({mean, mean ? 1.0 : static_cast<double>(values.shape().elements_per_row())});
    result.metrics.push_back(mean ? values : ops::sum(values));
  }
  return result;
}

}  // namespace shoal::train
