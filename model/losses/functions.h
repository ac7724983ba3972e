#pragma once

#include <nlohmann/json.hpp>

#include "model/tensor/tensor.h"

// The arithmetic of losses and metrics: (y_true, y_pred) -> a value for each prediction, of the shape of y_pred without
// its last axis. Ranks and dtypes are matched as Keras does. ValueError where shapes do not fit.
namespace shoal::losses {

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);   // mean (t - p)^2
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);  // mean |t - p|
// mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, e = t - p
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta);
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);  // sum t log(t / p), both within [1e-7, 1]

// Labels are first drawn towards the middle by `label_smoothing`.
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing);
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing);
Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits);

}  // namespace shoal::losses
