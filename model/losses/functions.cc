#include "model/losses/functions.h"

#include "common/base/error.h"
#include "model/losses/align.h"
#include "model/ops/ops.h"

namespace shoal::losses {
namespace {

constexpr double kEpsilon = 1e-7;

// Aligned target and output of one shape.
std::pair<Tensor, Tensor> pair_of(const char* loss, const Tensor& y_true, const Tensor& y_pred, const char* hint = "") {
  auto [target, output] = align(y_true, y_pred);
  if (target.shape() != output.shape())
    raise("{}: y_true and y_pred must have one shape, received {} and {}{}", loss, y_true.shape().to_string(),
          y_pred.shape().to_string(), hint);
  return {target, output};
}

}  // namespace

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = pair_of("mean_squared_error", y_true, y_pred);
  return ops::mean(ops::square(output - target), {-1});
}

Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = pair_of("mean_absolute_error", y_true, y_pred);
  return ops::mean(ops::abs(output - target), {-1});
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  const auto [target, output] = pair_of("huber", y_true, y_pred);
  const Tensor error = output - target, size = ops::abs(error);
  const Tensor near = ops::square(error) * 0.5, far = size * delta - 0.5 * delta * delta;
  return ops::mean(ops::where(ops::less_equal(size, delta), near, far), {-1});
}

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = pair_of("kl_divergence", y_true, y_pred);
  const Tensor t = ops::clip(target, kEpsilon, 1), p = ops::clip(output, kEpsilon, 1);
  return ops::sum(t * ops::log(t / p), {-1});
}

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing) {
  auto [target, output] = pair_of("binary_crossentropy", y_true, y_pred);
  if (label_smoothing != 0) target = target * (1 - label_smoothing) + 0.5 * label_smoothing;
  return ops::mean(ops::binary_crossentropy(target, output, from_logits), {-1});
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing) {
  auto [target, output] =
      pair_of("categorical_crossentropy", y_true, y_pred, "; integer labels need sparse_categorical_crossentropy");
  if (label_smoothing != 0)
    target = target * (1 - label_smoothing) + label_smoothing / static_cast<double>(target.shape()[-1]);
  return ops::categorical_crossentropy(target, output, from_logits);
}

Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits) {
  const Tensor labels = squeeze_labels(y_true, y_pred);
  if (labels.shape().rank() + 1 != y_pred.shape().rank())
    raise(
        "sparse_categorical_crossentropy: y_true must hold one label per prediction, received shape {} for y_pred of "
        "shape {}",
        y_true.shape().to_string(), y_pred.shape().to_string());
  return ops::sparse_categorical_crossentropy(labels, y_pred, from_logits);
}

}  // namespace shoal::losses
