#include "model/layers/attention_mask.h"

#include <cstdlib>

#include "model/ops/ops.h"

namespace shoal::layers {
namespace {

template <class See>
Tensor made(std::int64_t query_steps, std::int64_t steps, See see) {
  Tensor mask(Shape{1, query_steps, steps}, DType::kBool);
  bool* values = mask.mutable_data<bool>();
  for (std::int64_t i = 0; i < query_steps; ++i)
    for (std::int64_t j = 0; j < steps; ++j) values[i * steps + j] = see(i, j);
  return mask;
}

}  // namespace

Tensor causal_mask(std::int64_t query_steps, std::int64_t steps) {
  return made(query_steps, steps, [](std::int64_t i, std::int64_t j) { return j <= i; });
}

Tensor window_mask(std::int64_t query_steps, std::int64_t steps, std::int64_t window) {
  return made(query_steps, steps, [=](std::int64_t i, std::int64_t j) { return std::abs(i - j) < window; });
}

Tensor joined_masks(const std::vector<Tensor>& masks) {
  Tensor result;
  for (const Tensor& mask : masks)
    if (mask.defined()) result = result.defined() ? ops::logical_and(result, mask) : mask;
  return result;
}

}  // namespace shoal::layers
