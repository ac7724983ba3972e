#pragma once

#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::ops {

// (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of each row over `axes` (not the batch axis);
// gamma and beta have the sizes of these axes, in ascending order, or are undefined.
Tensor layer_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta, std::vector<int> axes,
                           double epsilon);

// (x - mean) / sqrt(variance + epsilon) * scale + offset, all of the size of `axis`; the last two may be undefined.
Tensor batch_normalization(const Tensor& x, const Tensor& mean, const Tensor& variance, int axis, const Tensor& offset,
                           const Tensor& scale, double epsilon);

struct Moments {
  Tensor mean, variance;
};
// Over all axes but `axis` and all rows that this process has of a traced batch. The sums are of x - center, which has
// the size of `axis`: exact where it is near the mean, right wherever it is.
Moments moments_of_axis(const Tensor& x, int axis, const Tensor& center);

}  // namespace shoal::ops
