#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_layer_norm.cc"
#include <cmath>
#include <type_traits>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// visit(first row, rows as a constant): four rows side by side, while one waits for its sums the others go on.
template <class Visit>
HWY_INLINE void for_rows(std::int64_t rows, Visit visit) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) visit(r, std::integral_constant<int, 4>());
  for (; r < rows; ++r) visit(r, std::integral_constant<int, 1>());
}

// xhat = (x - mean) * scale, of some rows
template <int kRows>
struct Normals {
  V mean[kRows], scale[kRows];
  HWY_INLINE V operator()(int row, V x) const { return hn::Mul(hn::Sub(x, mean[row]), scale[row]); }
};

template <int kRows>
HWY_INLINE Normals<kRows> normals_of(std::int64_t cols, float epsilon, const float* x) {
  const D d;
  const V share = hn::Set(d, 1.0f / static_cast<float>(cols));
  Normals<kRows> normals;
  V sum[kRows], squares[kRows];
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] = squares[r] = hn::Zero(d);
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] = hn::Add(sum[r], part.load(x + r * cols + c));
  });
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) normals.mean[r] = hn::Mul(hn::SumOfLanes(d, sum[r]), share);
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
      const V value = part.or_else(hn::Sub(part.load(x + r * cols + c), normals.mean[r]), hn::Zero(d));
      squares[r] = hn::MulAdd(value, value, squares[r]);
    }
  });
  // One number at a time: a vector of quotients or roots costs several times as much.
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
    const float variance = hn::GetLane(hn::SumOfLanes(d, squares[r])) / static_cast<float>(cols);
    normals.scale[r] = hn::Set(d, 1.0f / std::sqrt(variance + epsilon));
  }
  return normals;
}

void layer_norm(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* gamma,
                const float* beta, float* y) {
  for_rows(rows, [&](std::int64_t first, auto count) HWY_ATTR {
    constexpr int kRows = decltype(count)::value;
    const float* from = x + first * cols;
    float* to = y + first * cols;
    const Normals<kRows> normals = normals_of<kRows>(cols, epsilon, from);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      const V scale = part.load(gamma + c), shift = part.load(beta + c);
      SHOAL_UNROLL for (int r = 0; r < kRows; ++r)
          part.store(hn::MulAdd(normals(r, part.load(from + r * cols + c)), scale, shift), to + r * cols + c);
    });
  });
}

void layer_norm_gradient(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* gamma,
                         const float* dy, float* dx) {
  const D d;
  const V inverse = hn::Set(d, 1.0f / static_cast<float>(cols));
  for_rows(rows, [&](std::int64_t first, auto count) HWY_ATTR {
    constexpr int kRows = decltype(count)::value;
    const float *from = x + first * cols, *gradient = dy + first * cols;
    float* to = dx + first * cols;
    const Normals<kRows> normals = normals_of<kRows>(cols, epsilon, from);
    V mean[kRows], along[kRows];
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) mean[r] = along[r] = hn::Zero(d);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      const V scale = part.load(gamma + c);
      SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
        const V h = hn::Mul(part.load(gradient + r * cols + c), scale);  // zero beyond the last column
        mean[r] = hn::Add(mean[r], h);
        along[r] = hn::MulAdd(h, normals(r, part.load(from + r * cols + c)), along[r]);
      }
    });
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
      mean[r] = hn::Mul(hn::SumOfLanes(d, mean[r]), inverse);
      along[r] = hn::Mul(hn::SumOfLanes(d, along[r]), inverse);
    }
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      const V scale = part.load(gamma + c);
      SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
        const V h = hn::Mul(part.load(gradient + r * cols + c), scale);
        const V xhat = normals(r, part.load(from + r * cols + c));
        const V rest = hn::NegMulAdd(xhat, along[r], hn::Sub(h, mean[r]));
        part.store(hn::Mul(normals.scale[r], rest), to + r * cols + c);
      }
    });
  });
}

void layer_norm_scale_gradient(std::int64_t rows, std::int64_t cols, float epsilon, const float* x, const float* dy,
                               float* dgamma) {
  for_rows(rows, [&](std::int64_t first, auto count) HWY_ATTR {
    constexpr int kRows = decltype(count)::value;
    const float *from = x + first * cols, *gradient = dy + first * cols;
    const Normals<kRows> normals = normals_of<kRows>(cols, epsilon, from);
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      V sum = part.load(dgamma + c);
      SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum =
          hn::MulAdd(part.load(gradient + r * cols + c), normals(r, part.load(from + r * cols + c)), sum);
      part.store(sum, dgamma + c);
    });
  });
}

void fill_layer_norm(Table<float>& table) {
  table.layer_norm = layer_norm;
  table.layer_norm_gradient = layer_norm_gradient;
  table.layer_norm_scale_gradient = layer_norm_scale_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_layer_norm(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_layer_norm(table)); }

}  // namespace shoal::kernels::fast
#endif
