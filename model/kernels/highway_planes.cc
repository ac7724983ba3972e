#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_planes.cc"
#include <array>
#include <utility>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/fast_winograd.h"
#include "model/kernels/highway.h"

#ifndef SHOAL_UNROLL
#define SHOAL_UNROLL _Pragma("GCC unroll 32")
#endif

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);
constexpr int kMostRows = HWY_TARGET == HWY_AVX3 ? 14 : 6;

// All planes of one panel of columns, `groups` times kRows rows of each: one call for many small products.
template <int kRows, int kVectors>
HWY_NOINLINE void multiply_panel(const PlaneProducts& p, std::int64_t groups) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const std::int64_t a_row = p.a_row, a_k = p.a_k, ldb = p.ldb, ldc = p.ldc;
  for (std::int64_t plane = 0; plane < kWinogradPlanes; ++plane) {
    for (std::int64_t group = 0; group < groups; ++group) {
      const float* HWY_RESTRICT a = p.a + plane * p.a_plane + group * kRows * a_row;
      const float* HWY_RESTRICT b = p.b + plane * p.b_plane;
      float* HWY_RESTRICT c = p.c + plane * p.c_plane + group * kRows * ldc;
      V sums[kRows * kVectors];
      if (p.accumulate) {
        SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
          SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) sums[r * kVectors + v] =
              hn::LoadU(d, c + r * ldc + v * kLanes);
        }
      } else {
        SHOAL_UNROLL for (int i = 0; i < kRows * kVectors; ++i) sums[i] = hn::Zero(d);
      }
      for (std::int64_t k = p.k; k > 0; --k) {
        V row[kVectors];
        SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, b + v * kLanes);
        SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
          const V value = hn::Set(d, a[r * a_row]);
          SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) sums[r * kVectors + v] =
              hn::MulAdd(value, row[v], sums[r * kVectors + v]);
        }
        a += a_k;
        b += ldb;
      }
      SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
        SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r * kVectors + v], d, c + r * ldc + v * kLanes);
      }
    }
  }
}

struct Variants {
  void (*one)(const PlaneProducts&, std::int64_t);
  void (*two)(const PlaneProducts&, std::int64_t);
};

template <int... kRows>
constexpr auto variants_of(std::integer_sequence<int, kRows...>) {
  return std::array<Variants, sizeof...(kRows)>{
      Variants{multiply_panel<kRows + 1, 1>, multiply_panel<kRows + 1, 2>}...};
}

void multiply(const PlaneProducts& p) {
  static constexpr auto kVariants = variants_of(std::make_integer_sequence<int, kMostRows>());
  // As few groups as possible, all of one size but the last.
  const std::int64_t groups = (p.rows + kMostRows - 1) / kMostRows, size = (p.rows + groups - 1) / groups;
  const std::int64_t full = p.rows / size, rest = p.rows % size;
  for (std::int64_t column = 0; column < p.columns;) {
    const std::int64_t width = column + 2 * kLanes <= p.columns ? 2 * kLanes : kLanes;
    const auto run = [&](std::int64_t first, std::int64_t rows, std::int64_t count) {
      PlaneProducts part = p;
      part.a += first * p.a_row;
      part.b += column;
      part.c += first * p.ldc + column;
      const Variants& variants = kVariants[static_cast<std::size_t>(rows - 1)];
      (width == kLanes ? variants.one : variants.two)(part, count);
    };
    run(0, size, full);
    if (rest > 0) run(full * size, rest, 1);
    column += width;
  }
}

void fill_planes(WinogradSteps& steps) { steps.multiply = multiply; }

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_planes(Target target, WinogradSteps& steps) { SHOAL_FOR_TARGET(target, fill_planes(steps)); }

}  // namespace shoal::kernels::fast
#endif
