#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_quads.cc"
#include <array>
#include <cstring>
#include <utility>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/fast_sparse.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"
#include "model/kernels/highway_tile_sum.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

using U = hn::RebindToUnsigned<D>;
using Bytes = hn::Repartition<std::uint8_t, D>;
using B = hn::Rebind<std::uint8_t, D>;
constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);
constexpr int kMostVectors = HWY_TARGET == HWY_AVX3 ? 2 : 1, kMostTaps = 12;

// quads[i] = {a[i], a[i + step], b[i], b[i + step]}
void make_quads(std::int64_t n, const float* a, const float* b, std::int64_t step, float* quads) {
  const hn::FixedTag<float, 4> four;
  const hn::FixedTag<double, 2> two;
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4, quads += 16) {
    const auto a0 = hn::LoadU(four, a + i), a1 = hn::LoadU(four, a + i + step);
    const auto b0 = hn::LoadU(four, b + i), b1 = hn::LoadU(four, b + i + step);
    const auto low_a = hn::BitCast(two, hn::InterleaveLower(four, a0, a1));
    const auto high_a = hn::BitCast(two, hn::InterleaveUpper(four, a0, a1));
    const auto low_b = hn::BitCast(two, hn::InterleaveLower(four, b0, b1));
    const auto high_b = hn::BitCast(two, hn::InterleaveUpper(four, b0, b1));
    hn::StoreU(hn::BitCast(four, hn::InterleaveLower(two, low_a, low_b)), four, quads);
    hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(two, low_a, low_b)), four, quads + 4);
    hn::StoreU(hn::BitCast(four, hn::InterleaveLower(two, high_a, high_b)), four, quads + 8);
    hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(two, high_a, high_b)), four, quads + 12);
  }
  for (; i < n; ++i, quads += 4) {
    quads[0] = a[i];
    quads[1] = a[i + step];
    quads[2] = b[i];
    quads[3] = b[i + step];
  }
}

// One look-up in four lanes picks the value that the winner had read.
template <int kVectors, int kTaps, bool kMasked>
HWY_NOINLINE void add_quads(const Quads& q) {
  const D d;
  const U du;
  const Bytes db;
  const std::int64_t last = q.columns - (kVectors - 1) * kLanes;
  const auto valid = hn::FirstN(d, static_cast<std::size_t>(last));
  const auto load = [&](const float* from, int v) HWY_ATTR {
    return kMasked && v == kVectors - 1 ? hn::MaskedLoad(valid, d, from + v * kLanes) : hn::LoadU(d, from + v * kLanes);
  };
  V sums[kTaps * kVectors];
  const std::int64_t ld = q.ld;
  SHOAL_UNROLL for (int t = 0; t < kTaps; ++t) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) sums[t * kVectors + v] = load(q.dkernel + t * ld, v);
  }
  const auto spread = hn::Set(du, 0x04040404u), within = hn::Set(du, 0x03020100u);
  const float* dy = q.dy;
  const std::uint8_t* winner = q.winner;
  for (std::int64_t row = 0; row < q.rows; ++row) {
    const float* HWY_RESTRICT quads = q.quads + row * q.row;
    for (std::int64_t pixel = 0; pixel < q.pixels; ++pixel, quads += q.pixel, dy += ld, winner += ld) {
      V gradient[kVectors];
      hn::Vec<Bytes> index[kVectors];
      SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
        gradient[v] = load(dy, v);
        hn::Vec<B> code;
        if (kMasked && v == kVectors - 1) {
          HWY_ALIGN std::uint8_t all[kLanes] = {};
          std::memcpy(all, winner + v * kLanes, static_cast<std::size_t>(last));
          code = hn::Load(B(), all);
        } else {
          code = hn::LoadU(B(), winner + v * kLanes);
        }
        index[v] = hn::BitCast(db, hn::Add(hn::Mul(hn::PromoteTo(du, code), spread), within));
      }
      SHOAL_UNROLL for (int t = 0; t < kTaps; ++t) {
        const auto four = hn::BitCast(db, hn::LoadDup128(d, quads + 4 * t));
        SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
          V& sum = sums[t * kVectors + v];
          sum = hn::MulAdd(gradient[v], hn::BitCast(d, hn::TableLookupBytes(four, index[v])), sum);
        }
      }
    }
  }
  SHOAL_UNROLL for (int t = 0; t < kTaps; ++t) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
      float* to = q.dkernel + t * ld + v * kLanes;
      if (kMasked && v == kVectors - 1) {
        hn::BlendedStore(sums[t * kVectors + v], valid, d, to);
      } else {
        hn::StoreU(sums[t * kVectors + v], d, to);
      }
    }
  }
}

using Function = void (*)(const Quads&);

template <int kVectors, int... kTaps>
constexpr auto quads_of(std::integer_sequence<int, kTaps...>) {
  return std::array<std::array<Function, 2>, sizeof...(kTaps)>{
      {{add_quads<kVectors, kTaps + 1, true>, add_quads<kVectors, kTaps + 1, false>}...}};
}

void run_add_quads(const Quads& q) {
  static constexpr auto kOne = quads_of<1>(std::make_integer_sequence<int, kMostTaps>());
  static constexpr auto kMost = quads_of<kMostVectors>(std::make_integer_sequence<int, kMostTaps>());
  const auto& variants = q.columns <= kLanes ? kOne : kMost;
  variants[static_cast<std::size_t>(q.taps - 1)][q.columns % kLanes == 0](q);
}

void fill_quads(Level& level) {
  level.max_quad_taps = kMostTaps;
  level.quad_vectors = kMostVectors;
  level.make_quads = make_quads;
  level.add_quads = run_add_quads;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_quads(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_quads(level)); }

}  // namespace shoal::kernels::fast
#endif
