#pragma once

#include "model/tensor/tensor.h"

// Hits as 1 and misses as 0, in the dtype of y_pred: (y_true, y_pred) -> a value per prediction.
namespace shoal::metrics {

Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold);  // y_pred > threshold says 1
Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);
// One of the three, picked by the shapes as Keras does.
Tensor accuracy(const Tensor& y_true, const Tensor& y_pred);
// Fewer than k classes are predicted above the right one.
Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, double k);
Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, double k);

Tensor squared_error(const Tensor& y_true, const Tensor& y_pred);  // of every element

}  // namespace shoal::metrics
