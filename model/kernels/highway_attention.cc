#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_attention.cc"
#include <limits>
#include <type_traits>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/attention_rows.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"
#include "model/kernels/split.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// 2^x for x <= 0, zero below 2^-127: a polynomial of degree 5 on [-1/2, 1/2], error 2e-7 of the value. Keeps NaN.
HWY_INLINE V exp2_of_negative(V x) {
  const D d;
  constexpr float kZero = HWY_TARGET == HWY_AVX3 ? -200.0f : -127.0f;  // from there on the power is zero
  x = hn::Max(hn::Set(d, kZero), x);
  const V whole = hn::Round(x), rest = hn::Sub(x, whole);
  V p = hn::Set(d, 0.00133908634f);
  p = hn::MulAdd(p, rest, hn::Set(d, 0.00967603192f));
  p = hn::MulAdd(p, rest, hn::Set(d, 0.0555035711f));
  p = hn::MulAdd(p, rest, hn::Set(d, 0.240221075f));
  p = hn::MulAdd(p, rest, hn::Set(d, 0.693147188f));
  p = hn::MulAdd(p, rest, hn::Set(d, 1.0f));
#if HWY_TARGET == HWY_AVX3
  return V{_mm512_scalef_ps(p.raw, whole.raw)};
#else
  const hn::RebindToSigned<D> di;
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, whole), hn::Set(di, 127)));
  return hn::Mul(p, hn::BitCast(d, exponent));
#endif
}

// visit(first row, rows as a constant): several rows side by side, while one waits for its sums the others go on.
template <class Visit>
HWY_INLINE void for_groups(std::int64_t rows, Visit visit) {
  split_evenly(rows, 5, [&](std::int64_t first, std::int64_t count) HWY_ATTR {
    switch (count) {
      case 1:
        return visit(first, std::integral_constant<int, 1>());
      case 2:
        return visit(first, std::integral_constant<int, 2>());
      case 3:
        return visit(first, std::integral_constant<int, 3>());
      case 4:
        return visit(first, std::integral_constant<int, 4>());
      default:
        return visit(first, std::integral_constant<int, 5>());
    }
  });
}

template <int kRows>
HWY_INLINE void softmax(std::int64_t n, V scale, float* x) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V shift[kRows], sum[kRows];
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) shift[r] = lowest;
  for_vectors(n, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) shift[r] =
        hn::Max(part.or_else(part.load(x + r * n + c), lowest), shift[r]);
  });
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
    shift[r] = hn::Mul(hn::MaxOfLanes(d, shift[r]), scale);
    sum[r] = hn::Zero(d);
  }
  for_vectors(n, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
      const V power = exp2_of_negative(hn::MulSub(part.load(x + r * n + c), scale, shift[r]));
      part.store(power, x + r * n + c);
      sum[r] = hn::Add(sum[r], part.or_else(power, hn::Zero(d)));
    }
  });
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] = hn::Div(hn::Set(d, 1.0f), hn::SumOfLanes(d, sum[r]));
  for_vectors(n, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) part.store(hn::Mul(part.load(x + r * n + c), sum[r]), x + r * n + c);
  });
}

void softmax_rows(const AttentionRows& rows) {
  constexpr float kLog2E = 1.44269504f;
  const std::int64_t n = rows.keys;
  const V scale = hn::Set(D(), rows.scale * kLog2E);
  if (rows.mask.seen)
    for (std::int64_t r = 0; r < rows.rows; ++r) mask_scores(rows.mask, r, n, rows.scale, rows.x + r * n);
  for_groups(rows.rows,
             [&](std::int64_t r, auto count) HWY_ATTR { softmax<decltype(count)::value>(n, scale, rows.x + r * n); });
  if (rows.mask.seen && rows.mask.drops)
    for (std::int64_t r = 0; r < rows.rows; ++r) drop_unseen(rows.mask, r, n, rows.x + r * n);
}

template <int kRows>
HWY_INLINE void softmax_gradient(std::int64_t n, V scale, const float* weights, const float* from, float* x) {
  const D d;
  V sum[kRows];
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] = hn::Zero(d);
  for_vectors(n, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] =
        hn::MulAdd(part.load(weights + r * n + c), part.load(from + r * n + c), sum[r]);
  });
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) sum[r] = hn::Mul(hn::SumOfLanes(d, sum[r]), scale);
  for_vectors(n, [&](std::int64_t c, auto part) HWY_ATTR {
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
      const V change = hn::MulSub(part.load(from + r * n + c), scale, sum[r]);
      part.store(hn::Mul(part.load(weights + r * n + c), change), x + r * n + c);
    }
  });
}

void softmax_gradient_rows(const AttentionRows& rows) {
  const std::int64_t n = rows.keys;
  const V scale = hn::Set(D(), rows.scale);
  for_groups(rows.rows, [&](std::int64_t r, auto count) HWY_ATTR {
    softmax_gradient<decltype(count)::value>(n, scale, rows.weights + r * n, rows.from + r * n, rows.x + r * n);
  });
  if (rows.mask.seen && !rows.mask.adds)
    for (std::int64_t r = 0; r < rows.rows; ++r) drop_unseen(rows.mask, r, n, rows.x + r * n);
}

void fill_attention(Level& level) {
  level.softmax_rows = softmax_rows;
  level.softmax_gradient_rows = softmax_gradient_rows;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_attention(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_attention(level)); }

}  // namespace shoal::kernels::fast
#endif
