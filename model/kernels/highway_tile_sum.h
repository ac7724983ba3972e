// Included once per target, inside no namespace: the loop of every register tile.
#if defined(SHOAL_HIGHWAY_TILE_SUM) == defined(HWY_TARGET_TOGGLE)
#ifdef SHOAL_HIGHWAY_TILE_SUM
#undef SHOAL_HIGHWAY_TILE_SUM
#else
#define SHOAL_HIGHWAY_TILE_SUM
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "model/kernels/fast.h"

#ifndef SHOAL_UNROLL
#define SHOAL_UNROLL _Pragma("GCC unroll 32")
#endif

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// sums[(row * kPixels + pixel) * kVectors + v] += the products of a tile; `load(from, v)` reads vector v of a row of b.
// Always inlined into a function of its own, where the sums stay in registers.
template <int kRows, int kPixels, int kVectors, bool kPack, bool kAhead, class Load>
HWY_INLINE void add_products(const Tile& t, Load load,
                             hn::Vec<hn::ScalableTag<float>> (&sums)[kRows * kPixels * kVectors]) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::int64_t kWidth = HWY_MAX_BYTES / sizeof(float);
  const float* HWY_RESTRICT b = t.b;
  float* HWY_RESTRICT packed = t.packed_b;
  const std::int64_t a_row = t.a_row, a_pixel = t.a_pixel, a_k = t.a_k, ldb = t.ldb;
  const float *ahead = t.ahead, *ahead_line = t.ahead;
  std::int64_t ahead_left = t.ahead_run;
  const float* plane = t.a;
  for (std::int64_t i = t.planes; i > 0; --i, plane += t.a_plane) {
    const float* line = plane;
    for (std::int64_t j = t.lines; j > 0; --j, line += t.a_line) {
      const float* HWY_RESTRICT a = line;
      for (std::int64_t k = t.k; k > 0; --k) {
        V row[kVectors];
        if (kAhead) {  // into the second-level cache: the first one is full
          __builtin_prefetch(ahead, 0, 2);
          __builtin_prefetch(ahead + 16, 0, 2);
          ahead += 32;
          if (--ahead_left == 0) {
            ahead_left = t.ahead_run;
            ahead = ahead_line += t.ahead_ld;
          }
        }
        SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
          row[v] = load(b, v);
          if (kPack) hn::StoreU(row[v], d, packed + v * kWidth);
        }
        SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
          SHOAL_UNROLL for (int p = 0; p < kPixels; ++p) {
            const V value = hn::Set(d, a[r * a_row + p * a_pixel]);
            SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
              V& sum = sums[(r * kPixels + p) * kVectors + v];
              sum = hn::MulAdd(value, row[v], sum);
            }
          }
        }
        a += a_k;
        b += ldb;
        if (kPack) packed += kVectors * kWidth;
      }
    }
  }
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
