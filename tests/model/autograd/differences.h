#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/ops/ops.h"

namespace shoal::testing {

// Small numbers in float64, the same at every call: values in (low, high), pairwise further apart than the steps of
// central differences when `distinct`.
Tensor numbers(const Shape& shape, double low = -1, double high = 1, std::uint64_t seed = 1);
Tensor integers(const std::vector<std::int64_t>& values);

using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

// A weighted sum of `function`'s output, so that every element has a gradient of its own.
Tensor weighted_sum(const Tensor& output);

// The largest difference between `gradients` of weighted_sum(function) and central differences, over all elements of
// all inputs, relative to the largest gradient.
double gradient_error(const Function& function, const std::vector<Tensor>& inputs);

}  // namespace shoal::testing
