#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_softmax.cc"
#include <algorithm>
#include <cmath>
#include <limits>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

HWY_INLINE float largest(std::int64_t cols, const float* x) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V best = lowest;
  for_vectors(
      cols, [&](std::int64_t c, auto part) HWY_ATTR { best = hn::Max(part.or_else(part.load(x + c), lowest), best); });
  return hn::GetLane(hn::MaxOfLanes(d, best));
}

// y = exp(x - shift) if y is not null; the sum of it.
template <bool kStore>
HWY_INLINE float exponentials(std::int64_t cols, const float* x, float shift, float* y) {
  const D d;
  V sum = hn::Zero(d);
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    const V value = exp(hn::Sub(part.load(x + c), hn::Set(d, shift)));
    if (kStore) part.store(value, y + c);
    sum = hn::Add(sum, part.or_else(value, hn::Zero(d)));
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

HWY_INLINE float log_sum(std::int64_t cols, const float* x) {
  const float shift = largest(cols, x);
  return shift + std::log(exponentials<false>(cols, x, shift, nullptr));
}

void softmax(std::int64_t rows, std::int64_t cols, const float* x, float* y) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V sum = hn::Set(d, exponentials<true>(cols, x, largest(cols, x), y));
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR { part.store(hn::Div(part.load(y + c), sum), y + c); });
  }
}

void softmax_gradient(std::int64_t rows, std::int64_t cols, const float* y, const float* dy, float* dx) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, y += cols, dy += cols, dx += cols) {
    V sum = hn::Zero(d);
    for_vectors(
        cols, [&](std::int64_t c, auto part) HWY_ATTR { sum = hn::MulAdd(part.load(y + c), part.load(dy + c), sum); });
    const V total = hn::SumOfLanes(d, sum);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      part.store(hn::Mul(part.load(y + c), hn::Sub(part.load(dy + c), total)), dx + c);
    });
  }
}

void sparse_crossentropy(std::int64_t rows, std::int64_t cols, const float* x, const std::int64_t* label, float* loss) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols) {
    const bool known = label[r] >= 0 && label[r] < cols;
    loss[r] = known ? log_sum(cols, x) - x[label[r]] : std::numeric_limits<float>::quiet_NaN();
  }
}

void sparse_crossentropy_gradient(std::int64_t rows, std::int64_t cols, const float* x, const std::int64_t* label,
                                  const float* dloss, float* dx) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dx += cols) {
    if (label[r] < 0 || label[r] >= cols) {
      std::fill_n(dx, cols, std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    softmax(1, cols, x, dx);
    dx[label[r]] -= 1.0f;
    const V scale = hn::Set(d, dloss[r]);
    for_vectors(cols,
                [&](std::int64_t c, auto part) HWY_ATTR { part.store(hn::Mul(part.load(dx + c), scale), dx + c); });
  }
}

void crossentropy(std::int64_t rows, std::int64_t cols, const float* x, const float* y, float* loss) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V all = hn::Set(d, log_sum(cols, x));
    V sum = hn::Zero(d);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      sum = hn::Add(sum, part.or_else(hn::Mul(part.load(y + c), hn::Sub(all, part.load(x + c))), hn::Zero(d)));
    });
    loss[r] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

void crossentropy_gradient(std::int64_t rows, std::int64_t cols, const float* x, const float* y, const float* dloss,
                           float* dx) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols, dx += cols) {
    V sum = hn::Zero(d);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR { sum = hn::Add(sum, part.load(y + c)); });
    const V total = hn::SumOfLanes(d, sum), scale = hn::Set(d, dloss[r]);
    softmax(1, cols, x, dx);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      part.store(hn::Mul(hn::Sub(hn::Mul(part.load(dx + c), total), part.load(y + c)), scale), dx + c);
    });
  }
}

void fill_softmax(Table<float>& table) {
  table.softmax = softmax;
  table.softmax_gradient = softmax_gradient;
  table.sparse_crossentropy = sparse_crossentropy;
  table.sparse_crossentropy_gradient = sparse_crossentropy_gradient;
  table.crossentropy = crossentropy;
  table.crossentropy_gradient = crossentropy_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_softmax(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_softmax(table)); }

}  // namespace shoal::kernels::fast
#endif
