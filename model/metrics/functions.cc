#include "model/metrics/functions.h"

#include "model/losses/align.h"
#include "model/ops/ops.h"

namespace shoal::metrics {
namespace {

Tensor as(const Tensor& values, DType dtype) { return values.dtype() == dtype ? values : ops::cast(values, dtype); }

Tensor labels_of(const Tensor& y_true, const Tensor& y_pred) {
  return as(losses::squeeze_labels(y_true, y_pred), DType::kInt64);
}

Tensor among_top(const Tensor& labels, const Tensor& y_pred, double k) {
  const DType dtype = y_pred.dtype();
  const Tensor right = ops::sum(y_pred * ops::one_hot(labels, y_pred.shape()[-1], dtype), {-1}, true);
  return as(ops::less(ops::sum(as(ops::greater(y_pred, right), dtype), {-1}), Tensor(k)), dtype);
}

}  // namespace

Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  const auto [target, output] = losses::align(y_true, y_pred);
  const Tensor positive = as(ops::greater(output, Tensor(threshold)), output.dtype());
  return as(ops::equal(target, positive), output.dtype());
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return as(ops::equal(ops::argmax(y_true), ops::argmax(y_pred)), y_pred.dtype());
}

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return as(ops::equal(labels_of(y_true, y_pred), ops::argmax(y_pred)), y_pred.dtype());
}

Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  if (y_pred.shape().rank() > 0 && y_pred.shape()[-1] == 1) return binary_accuracy(y_true, y_pred, 0.5);
  const bool labels = y_true.shape().rank() < y_pred.shape().rank() || y_true.shape()[-1] == 1;
  return labels ? sparse_categorical_accuracy(y_true, y_pred) : categorical_accuracy(y_true, y_pred);
}

Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, double k) {
  return among_top(ops::argmax(y_true), y_pred, k);
}

Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, double k) {
  return among_top(labels_of(y_true, y_pred), y_pred, k);
}

Tensor squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = losses::align(y_true, y_pred);
  return ops::square(output - target);
}

}  // namespace shoal::metrics
