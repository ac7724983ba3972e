#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_pool_tile.cc"
#include <array>
#include <cstring>
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

using I = hn::RebindToSigned<D>;
using B = hn::Rebind<std::uint8_t, D>;
constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);

// Pooled pixels of a tile: 2 x 2 sums of two vectors each.
constexpr int kMostPooled = HWY_TARGET == HWY_AVX3 ? 3 : 1;

struct Best {
  V value;
  hn::Vec<I> winner;
};

// The later of two wins only when it is larger, or NaN.
HWY_INLINE Best better(const Best& first, const Best& second) {
  const M taken = hn::Or(hn::Gt(second.value, first.value), hn::IsNaN(second.value));
  return {hn::IfThenElse(taken, second.value, first.value),
          hn::IfThenElse(hn::RebindMask(I(), taken), second.winner, first.winner)};
}

HWY_INLINE void store_bytes(hn::Vec<I> codes, std::int64_t count, std::uint8_t* to) {
  const auto bytes = hn::DemoteTo(B(), codes);
  if (count == kLanes) {
    hn::StoreU(bytes, B(), to);
  } else {
    HWY_ALIGN std::uint8_t all[kLanes];
    hn::Store(bytes, B(), all);
    std::memcpy(to, all, static_cast<std::size_t>(count));
  }
}

// Two rows of outputs, two pixels for each pooled one, with the bits that they have without pooling.
template <int kPooled, int kVectors, bool kMasked>
HWY_NOINLINE void pool_tile(const Tile& t, std::uint8_t* winner) {
  const D d;
  const I di;
  const std::int64_t last = t.columns - (kVectors - 1) * kLanes;
  const auto valid = hn::FirstN(d, static_cast<std::size_t>(last));
  const auto load = [&](const float* from, int v) HWY_ATTR {
    return kMasked && v == kVectors - 1 ? hn::MaskedLoad(valid, d, from + v * kLanes) : hn::LoadU(d, from + v * kLanes);
  };
  constexpr int kPixels = 2 * kPooled;
  V sums[2 * kPixels * kVectors];
  SHOAL_UNROLL for (int i = 0; i < 2 * kPixels * kVectors; ++i) sums[i] = hn::Zero(d);
  add_products<2, kPixels, kVectors, false, false>(t, load, sums);
  if (const float* bias = t.bias) {  // before they are compared, so that ties are those of the outputs themselves
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
      const V addend = load(bias, v);
      SHOAL_UNROLL for (int i = v; i < 2 * kPixels * kVectors; i += kVectors) sums[i] = hn::Add(sums[i], addend);
    }
  }

  SHOAL_UNROLL for (int p = 0; p < kPooled; ++p) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
      const auto at = [&](int row, int column) HWY_ATTR {
        return Best{sums[(row * kPixels + 2 * p + column) * kVectors + v], hn::Set(di, 2 * row + column)};
      };
      const Best best = better(better(at(0, 0), at(0, 1)), better(at(1, 0), at(1, 1)));
      const V value = hn::IfThenZeroElse(hn::Lt(best.value, hn::Zero(d)), best.value);  // NaN stays
      float* to = t.c + p * t.c_pixel + v * kLanes;
      std::uint8_t* code = winner + p * t.c_pixel + v * kLanes;
      if (kMasked && v == kVectors - 1) {
        hn::BlendedStore(value, valid, d, to);
        store_bytes(best.winner, last, code);
      } else {
        hn::StoreU(value, d, to);
        store_bytes(best.winner, kLanes, code);
      }
    }
  }
}

using PoolTile = void (*)(const Tile&, std::uint8_t*);

template <int... kPooled>
constexpr auto variants(std::integer_sequence<int, kPooled...>) {
  return std::array<std::array<PoolTile, 3>, sizeof...(kPooled)>{
      {{pool_tile<kPooled + 1, 1, true>, pool_tile<kPooled + 1, 2, true>, pool_tile<kPooled + 1, 2, false>}...}};
}

void run_pool_tile(const Tile& t, std::uint8_t* winner) {
  static constexpr auto kVariants = variants(std::make_integer_sequence<int, kMostPooled>());
  kVariants[static_cast<std::size_t>(t.pixels / 2 - 1)][t.columns <= kLanes      ? 0
                                                        : t.columns < 2 * kLanes ? 1
                                                                                 : 2](t, winner);
}

void fill_pool_tile(Level& level) {
  level.max_pooled = kMostPooled;
  level.pool_tile = run_pool_tile;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_pool_tile(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_pool_tile(level)); }

}  // namespace shoal::kernels::fast
#endif
