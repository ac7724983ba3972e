#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/ops/ops.h"

namespace shoal::ops {
namespace {

constexpr double kEpsilon = 1e-7;

// Probabilities that come straight out of `activation` have logits: the loss is computed from those, and stays exact
// where a probability rounds to 0.
Tensor logits_behind(const Tensor& output, const char* activation) {
  const graph::NodePtr& node = output.node();
  return node && node->operation->is(activation) ? graph::tensor_of(node->inputs[0]) : Tensor();
}

Tensor clipped_log(const Tensor& output) { return log(clip(output / sum(output, {-1}, true), kEpsilon, 1 - kEpsilon)); }

}  // namespace

Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  if (target.shape() != output.shape())
    raise("binary_crossentropy: target and output must have one shape, received {} and {}", target.shape().to_string(),
          output.shape().to_string());
  const Tensor t = cast(target, output.dtype());
  const Tensor logits = from_logits ? output : logits_behind(output, "sigmoid");
  if (logits.defined()) return softplus(logits) - logits * t;
  const Tensor p = clip(output, kEpsilon, 1 - kEpsilon);
  return negative(t * log(p) + (1 - t) * log(1 - p));
}

Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  if (output.shape().rank() < 2 || target.shape() != output.shape())
    raise("categorical_crossentropy: target and output must have one shape (rows, classes), received {} and {}",
          target.shape().to_string(), output.shape().to_string());
  const Tensor converted = cast(target, output.dtype());
  const Tensor logits = from_logits ? output : logits_behind(output, "softmax");
  if (logits.defined()) return graph::make("crossentropy", {logits, converted});
  return negative(sum(converted * clipped_log(output), {-1}));
}

Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  const Shape& shape = output.shape();
  if (shape.rank() < 2)
    raise("sparse_categorical_crossentropy: the output must be (rows, classes), received shape {}", shape.to_string());
  Tensor labels = cast(target, DType::kInt64);
  if (labels.shape().rank() == shape.rank() && labels.shape()[-1] == 1) labels = squeeze(labels, -1);
  bool fits = labels.shape().rank() == shape.rank() - 1;
  for (int axis = 0; fits && axis < labels.shape().rank(); ++axis) fits = labels.shape()[axis] == shape[axis];
  if (!fits)
    raise("sparse_categorical_crossentropy: labels must have the output's shape {} without its last axis, received {}",
          shape.to_string(), target.shape().to_string());
  const Tensor logits = from_logits ? output : logits_behind(output, "softmax");
  if (logits.defined()) return graph::make("sparse_crossentropy", {logits, labels});
  return negative(sum(one_hot(labels, shape[-1], output.dtype()) * clipped_log(output), {-1}));
}

}  // namespace shoal::ops
