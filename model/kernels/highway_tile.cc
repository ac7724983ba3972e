#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_tile.cc"
#include <array>
#include <utility>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/fast.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"
#include "model/kernels/highway_tile_sum.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// Accumulators, two vectors of b and one element of a fill the registers.
constexpr int kMaxPixels = HWY_TARGET == HWY_AVX3 ? 14 : 6;
constexpr int kMaxRows = 2;

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);

// Not inlined: in a function of its own a tile keeps its accumulators in registers.
template <int kRows, int kPixels, int kVectors, bool kMasked, bool kPack, bool kAhead = false>
HWY_NOINLINE void tile(const Tile& t) {
  const D d;
  const auto valid = hn::FirstN(d, static_cast<std::size_t>(t.columns - (kVectors - 1) * kLanes));
  const auto load = [&](const float* from, int v) HWY_ATTR {
    return kMasked && v == kVectors - 1 ? hn::MaskedLoad(valid, d, from + v * kLanes) : hn::LoadU(d, from + v * kLanes);
  };

  V sums[kRows * kPixels * kVectors];
  if (t.accumulate) {
    const float* const c = t.c;
    const std::int64_t c_row = t.c_row, c_pixel = t.c_pixel;
    SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
      SHOAL_UNROLL for (int p = 0; p < kPixels; ++p) {
        SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
          sums[(r * kPixels + p) * kVectors + v] = load(c + r * c_row + p * c_pixel, v);
        }
      }
    }
  } else {
    SHOAL_UNROLL for (int i = 0; i < kRows * kPixels * kVectors; ++i) sums[i] = hn::Zero(d);
  }

  add_products<kRows, kPixels, kVectors, kPack, kAhead>(t, load, sums);

  if (const float* bias = t.bias) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
      const V addend = load(bias, v);
      SHOAL_UNROLL for (int i = v; i < kRows * kPixels * kVectors; i += kVectors) sums[i] = hn::Add(sums[i], addend);
    }
  }
  if (t.relu) {
    const V zero = hn::Zero(d);
    SHOAL_UNROLL for (int i = 0; i < kRows * kPixels * kVectors; ++i) {
      sums[i] = hn::IfThenZeroElse(hn::Lt(sums[i], zero), sums[i]);  // NaN stays
    }
  }
  float* const c = t.c;
  const std::int64_t c_row = t.c_row, c_pixel = t.c_pixel;
  SHOAL_UNROLL for (int r = 0; r < kRows; ++r) {
    SHOAL_UNROLL for (int p = 0; p < kPixels; ++p) {
      SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
        const V sum = sums[(r * kPixels + p) * kVectors + v];
        float* to = c + r * c_row + p * c_pixel + v * kLanes;
        if (kMasked && v == kVectors - 1) {
          hn::BlendedStore(sum, valid, d, to);
        } else {
          hn::StoreU(sum, d, to);
        }
      }
    }
  }
}

using TileFunction = void (*)(const Tile&);

struct Variants {
  TileFunction one, two_masked, two, two_packing, two_ahead;
};

template <int kRows, int kPixels>
constexpr Variants variants() {
  return {tile<kRows, kPixels, 1, true, false>, tile<kRows, kPixels, 2, true, false>,
          tile<kRows, kPixels, 2, false, false>, kRows == 1 ? tile<1, kPixels, 2, false, true> : nullptr,
          kRows == 1 ? tile<1, kPixels, 2, false, false, true> : nullptr};
}

template <int kRows, int... kPixels>
constexpr auto variants_of(std::integer_sequence<int, kPixels...>) {
  return std::array<Variants, sizeof...(kPixels)>{variants<kRows, kPixels + 1>()...};
}

void run_tile(const Tile& t) {
  static constexpr auto kOneRow = variants_of<1>(std::make_integer_sequence<int, kMaxPixels>());
  static constexpr auto kTwoRows = variants_of<2>(std::make_integer_sequence<int, kMaxPixels / 2>());
  const Variants& by_size = (t.rows == 1 ? kOneRow[t.pixels - 1] : kTwoRows[t.pixels - 1]);
  const TileFunction function = t.packed_b                ? by_size.two_packing
                                : t.ahead                 ? by_size.two_ahead
                                : t.columns <= kLanes     ? by_size.one
                                : t.columns == 2 * kLanes ? by_size.two
                                                          : by_size.two_masked;
  function(t);
}

// Vectors whose block of four lanes number i holds four columns of row 4 i.
HWY_INLINE V load_blocks(const float* from, std::int64_t ld) {
  const hn::FixedTag<float, 4> block;
  const hn::FixedTag<float, 8> pair;
  const auto low = hn::Combine(pair, hn::LoadU(block, from + 4 * ld), hn::LoadU(block, from));
#if HWY_TARGET == HWY_AVX3
  return hn::Combine(D(), hn::Combine(pair, hn::LoadU(block, from + 12 * ld), hn::LoadU(block, from + 8 * ld)), low);
#else
  return low;
#endif
}

// A vector's lanes of rows by four columns at a time: four loads by blocks, then 4 x 4 transposes inside the blocks.
void transpose(std::int64_t rows, std::int64_t cols, const float* from, std::int64_t ld_from, float* to,
               std::int64_t ld_to) {
  const D d;
  const hn::RepartitionToWide<D> pairs;
  std::int64_t r = 0;
  for (; r + kLanes <= rows; r += kLanes) {
    const float* in = from + r * ld_from;
    float* out = to + r;
    std::int64_t c = 0;
    for (; c + 4 <= cols; c += 4, in += 4, out += 4 * ld_to) {
      const V r0 = load_blocks(in, ld_from), r1 = load_blocks(in + ld_from, ld_from);
      const V r2 = load_blocks(in + 2 * ld_from, ld_from), r3 = load_blocks(in + 3 * ld_from, ld_from);
      const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));
      const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
      const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
      const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, out);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, out + ld_to);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, out + 2 * ld_to);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, out + 3 * ld_to);
    }
    for (; c < cols; ++c, ++in, out += ld_to) {
      for (int i = 0; i < kLanes; ++i) out[i] = in[i * ld_from];
    }
  }
  for (; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) to[c * ld_to + r] = from[r * ld_from + c];
  }
}

void fill_tile(Level& level) {
  level.lanes = kLanes;
  level.max_pixels = kMaxPixels;
  level.tile = run_tile;
  level.transpose = transpose;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_tile(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_tile(level)); }

bool is_supported(Target target) {
  return (hwy::SupportedTargets() & HWY_TARGETS & (target == Target::kAvx2 ? HWY_AVX2 : HWY_AVX3)) != 0;
}

}  // namespace shoal::kernels::fast
#endif
