#pragma once

#include <utility>

#include "model/tensor/tensor.h"

namespace shoal::losses {

// What Keras does to (y_true, y_pred) before a loss or a mean metric sees them: y_true takes the dtype of y_pred, and
// when the ranks differ by one, a last axis of size 1 is dropped or, next to a vector, added.
std::pair<Tensor, Tensor> align(const Tensor& y_true, const Tensor& y_pred);

// Labels as (rows): a last axis of size 1 is dropped when y_pred has the same rank.
Tensor squeeze_labels(const Tensor& y_true, const Tensor& y_pred);

// values times weights, which have no more axes than the values or one more of size 1; those that are missing at the
// end are broadcast. ValueError where they do not fit.
Tensor weigh(const Tensor& values, const Tensor& weights);
// The weights as weigh takes them: of the values' rank and dtype.
Tensor align_weights(const Tensor& values, const Tensor& weights);

// One value per row: the mean over all axes but the first.
Tensor mean_per_row(const Tensor& values);

}  // namespace shoal::losses
