#include "model/losses/align.h"

#include "common/base/error.h"
#include "model/ops/ops.h"

namespace shoal::losses {
namespace {

// `longer` has one axis more than `other`.
void match_ranks(Tensor& longer, Tensor& other) {
  if (longer.shape()[-1] != 1) return;
  if (other.shape().rank() == 1)
    other = ops::expand_dims(other, -1);
  else
    longer = ops::squeeze(longer, -1);
}

}  // namespace

std::pair<Tensor, Tensor> align(const Tensor& y_true, const Tensor& y_pred) {
  Tensor target = y_true.dtype() == y_pred.dtype() ? y_true : ops::cast(y_true, y_pred.dtype());
  Tensor output = y_pred;
  const int difference = target.shape().rank() - output.shape().rank();
  if (difference == 1) match_ranks(target, output);
  if (difference == -1) match_ranks(output, target);
  return {target, output};
}

Tensor squeeze_labels(const Tensor& y_true, const Tensor& y_pred) {
  const bool column =
      y_true.shape().rank() == y_pred.shape().rank() && y_true.shape().rank() > 1 && y_true.shape()[-1] == 1;
  return column ? ops::squeeze(y_true, -1) : y_true;
}

Tensor align_weights(const Tensor& values, const Tensor& weights) {
  Tensor result = weights.dtype() == values.dtype() ? weights : ops::cast(weights, values.dtype());
  if (result.shape().rank() == values.shape().rank() + 1 && result.shape()[-1] == 1) result = ops::squeeze(result, -1);
  while (result.shape().rank() < values.shape().rank()) result = ops::expand_dims(result, -1);
  bool fits = result.shape().rank() == values.shape().rank();
  for (int axis = 0; fits && axis < values.shape().rank(); ++axis)
    fits = result.shape()[axis] == values.shape()[axis] || (axis > 0 && result.shape()[axis] == 1);
  if (!fits)
    raise("sample_weight of shape {} does not fit values of shape {}", weights.shape().to_string(),
          values.shape().to_string());
  return result;
}

Tensor weigh(const Tensor& values, const Tensor& weights) { return values * align_weights(values, weights); }

Tensor mean_per_row(const Tensor& values) {
  std::vector<int> axes;
  for (int axis = 1; axis < values.shape().rank(); ++axis) axes.push_back(axis);
  return axes.empty() ? values : ops::mean(values, axes);
}

}  // namespace shoal::losses
