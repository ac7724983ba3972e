#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_normalization.cc"
#include <cmath>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// xhat = (x - mean) * scale
struct Normal {
  V mean, scale;
  HWY_INLINE V operator()(V x) const { return hn::Mul(hn::Sub(x, mean), scale); }
};

HWY_INLINE Normal normal_of(std::int64_t cols, float epsilon, const float* x) {
  const D d;
  const float count = static_cast<float>(cols);
  V sum = hn::Zero(d), squares = hn::Zero(d);
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR { sum = hn::Add(sum, part.load(x + c)); });
  const V mean = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum)) / count);
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    const V value = part.or_else(hn::Sub(part.load(x + c), mean), hn::Zero(d));
    squares = hn::MulAdd(value, value, squares);
  });
  const float variance = hn::GetLane(hn::SumOfLanes(d, squares)) / count;
  return {mean, hn::Set(d, 1.0f / std::sqrt(variance + epsilon))};
}

void layer_norm(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* gamma,
                const float* beta, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const Normal normal = normal_of(cols, epsilon, x);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      part.store(hn::MulAdd(normal(part.load(x + c)), part.load(gamma + c), part.load(beta + c)), y + c);
    });
  }
}

void layer_norm_gradient(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* gamma,
                         const float* dy, float* dx) {
  const D d;
  const V inverse = hn::Set(d, 1.0f / static_cast<float>(cols));
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dy += cols, dx += cols) {
    const Normal normal = normal_of(cols, epsilon, x);
    V sum = hn::Zero(d), dot = hn::Zero(d);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      const V h = hn::Mul(part.load(dy + c), part.load(gamma + c));  // zero beyond the last column
      sum = hn::Add(sum, h);
      dot = hn::MulAdd(h, normal(part.load(x + c)), dot);
    });
    const V mean = hn::Mul(hn::SumOfLanes(d, sum), inverse), along = hn::Mul(hn::SumOfLanes(d, dot), inverse);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      const V h = hn::Mul(part.load(dy + c), part.load(gamma + c));
      const V rest = hn::NegMulAdd(normal(part.load(x + c)), along, hn::Sub(h, mean));
      part.store(hn::Mul(normal.scale, rest), dx + c);
    });
  }
}

void layer_norm_scale_gradient(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* dy,
                               float* dgamma) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dy += cols) {
    const Normal normal = normal_of(cols, epsilon, x);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      part.store(hn::MulAdd(part.load(dy + c), normal(part.load(x + c)), part.load(dgamma + c)), dgamma + c);
    });
  }
}

void scale_shift(std::int64_t rows, std::int64_t cols, const float* x, const float* a, float* y) {
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    const V scale = part.load(a + c), shift = part.load(a + cols + c);
    for (std::int64_t i = c; i < rows * cols; i += cols) part.store(hn::MulAdd(part.load(x + i), scale, shift), y + i);
  });
}

// sums[0] += first, sums[1] += second of visit(element, part), over rows: four rows side by side, then their sums.
template <class Visit>
HWY_INLINE void two_sums(std::int64_t rows, std::int64_t cols, float* sums, Visit visit) {
  const D d;
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    std::int64_t r = 0, i = c;
    for (; r + 4 <= rows; r += 4, i += 4 * cols) {
      visit(i, c, part, a0, b0);
      visit(i + cols, c, part, a1, b1);
      visit(i + 2 * cols, c, part, a2, b2);
      visit(i + 3 * cols, c, part, a3, b3);
    }
    for (; r < rows; ++r, i += cols) visit(i, c, part, a0, b0);
    const V a = hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), b = hn::Add(hn::Add(b0, b1), hn::Add(b2, b3));
    part.store(hn::Add(part.load(sums + c), a), sums + c);
    part.store(hn::Add(part.load(sums + cols + c), b), sums + cols + c);
  });
}

void column_dots(std::int64_t rows, std::int64_t cols, const float* x, const float* y, float* sums) {
  two_sums(rows, cols, sums, [&](std::int64_t i, std::int64_t, auto part, V& dot, V& sum) HWY_ATTR {
    const V value = part.load(x + i);
    dot = hn::MulAdd(value, part.load(y + i), dot);
    sum = hn::Add(sum, value);
  });
}

void column_moments(std::int64_t rows, std::int64_t cols, const float* x, const float* shift, float* sums) {
  two_sums(rows, cols, sums, [&](std::int64_t i, std::int64_t c, auto part, V& squares, V& sum) HWY_ATTR {
    const V value = hn::Sub(part.load(x + i), part.load(shift + c));
    squares = hn::MulAdd(value, value, squares);
    sum = hn::Add(sum, value);
  });
}

void fill_normalization(Table<float>& table) {
  table.layer_norm = layer_norm;
  table.layer_norm_gradient = layer_norm_gradient;
  table.layer_norm_scale_gradient = layer_norm_scale_gradient;
  table.scale_shift = scale_shift;
  table.column_dots = column_dots;
  table.column_moments = column_moments;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_normalization(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_normalization(table)); }

}  // namespace shoal::kernels::fast
#endif
