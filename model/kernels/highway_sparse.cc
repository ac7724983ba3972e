#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_sparse.cc"
#include <array>
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

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);
constexpr bool kWide = HWY_TARGET == HWY_AVX3;
constexpr int kMostSums = kWide ? 24 : 12, kMostVectors = 12, kMostLines = 3;
constexpr int kMostCells = kWide ? 25 : 12;

// The sums of a run stay in registers over the whole list.
template <int kLines, int kVectors, bool kMasked>
HWY_NOINLINE void add_run(const Runs& r) {
  const D d;
  const auto valid = hn::FirstN(d, static_cast<std::size_t>(r.columns - (kVectors - 1) * kLanes));
  const auto load = [&](const float* from, int v) HWY_ATTR {
    return kMasked && v == kVectors - 1 ? hn::MaskedLoad(valid, d, from + v * kLanes) : hn::LoadU(d, from + v * kLanes);
  };
  V sums[kLines * kVectors];
  float* const out = r.out;
  const std::int64_t out_line = r.out_line, x_line = r.x_line;
  SHOAL_UNROLL for (int l = 0; l < kLines; ++l) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) sums[l * kVectors + v] = load(out + l * out_line, v);
  }
  const std::int32_t* HWY_RESTRICT place = r.place;
  const float* HWY_RESTRICT value = r.value;
  const float* const x = r.x;
  for (std::int64_t e = r.count; e > 0; --e) {
    const float* HWY_RESTRICT from = x + *place++;
    const V factor = hn::Set(d, *value++);
    SHOAL_UNROLL for (int l = 0; l < kLines; ++l) {
      SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
        V& sum = sums[l * kVectors + v];
        sum = hn::MulAdd(factor, load(from + l * x_line, v), sum);
      }
    }
  }
  SHOAL_UNROLL for (int l = 0; l < kLines; ++l) {
    SHOAL_UNROLL for (int v = 0; v < kVectors; ++v) {
      float* to = out + l * out_line + v * kLanes;
      if (kMasked && v == kVectors - 1) {
        hn::BlendedStore(sums[l * kVectors + v], valid, d, to);
      } else {
        hn::StoreU(sums[l * kVectors + v], d, to);
      }
    }
  }
}

// The cells of a patch stay in registers over a pixel's list.
template <int kCells, bool kMasked>
HWY_NOINLINE void add_patches(const Patches& p) {
  const D d;
  const auto valid = hn::FirstN(d, static_cast<std::size_t>(p.lanes));
  const float* HWY_RESTRICT value = p.value;
  const std::int32_t* HWY_RESTRICT place = p.place;
  const float* const panel = p.panel;
  const std::int32_t* const cell = p.cell;
  for (std::int64_t i = 0; i < p.lists; ++i) {
    std::int32_t e = p.start[i];
    const std::int32_t end = p.start[i + 1];
    if (e == end) continue;
    float* const to = p.dx + p.origin[i];
    V sums[kCells];
    SHOAL_UNROLL for (int c = 0; c < kCells; ++c) {
      sums[c] = kMasked ? hn::MaskedLoad(valid, d, to + cell[c]) : hn::LoadU(d, to + cell[c]);
    }
    do {
      const float* HWY_RESTRICT from = panel + place[e];
      const V factor = hn::Set(d, value[e]);
      SHOAL_UNROLL for (int c = 0; c < kCells; ++c) {
        sums[c] = hn::MulAdd(factor, hn::LoadU(d, from + c * kLanes), sums[c]);
      }
    } while (++e != end);
    SHOAL_UNROLL for (int c = 0; c < kCells; ++c) {
      if (kMasked) {
        hn::BlendedStore(sums[c], valid, d, to + cell[c]);
      } else {
        hn::StoreU(sums[c], d, to + cell[c]);
      }
    }
  }
}

using Run = void (*)(const Runs&);

template <int kLines, int... kVectors>
constexpr auto runs_of(std::integer_sequence<int, kVectors...>) {
  return std::array<std::array<Run, 2>, sizeof...(kVectors)>{
      {{add_run<kLines, kVectors + 1, true>, add_run<kLines, kVectors + 1, false>}...}};
}

constexpr int vectors_for(int lines) { return std::min(kMostVectors, kMostSums / lines); }

void run_add_run(const Runs& r) {
  static constexpr auto kOne = runs_of<1>(std::make_integer_sequence<int, vectors_for(1)>());
  static constexpr auto kTwo = runs_of<2>(std::make_integer_sequence<int, vectors_for(2)>());
  static constexpr auto kThree = runs_of<3>(std::make_integer_sequence<int, vectors_for(3)>());
  const auto vectors = static_cast<std::size_t>((r.columns + kLanes - 1) / kLanes - 1);
  const std::size_t whole = r.columns % kLanes == 0;
  (r.lines == 1 ? kOne[vectors] : r.lines == 2 ? kTwo[vectors] : kThree[vectors])[whole](r);
}

using Patch = void (*)(const Patches&);

template <int... kCells>
constexpr auto patches_of(std::integer_sequence<int, kCells...>) {
  return std::array<std::array<Patch, 2>, sizeof...(kCells)>{
      {{add_patches<kCells + 1, true>, add_patches<kCells + 1, false>}...}};
}

void run_add_patches(const Patches& p) {
  static constexpr auto kVariants = patches_of(std::make_integer_sequence<int, kMostCells>());
  kVariants[static_cast<std::size_t>(p.cells - 1)][p.lanes == kLanes](p);
}

void fill_sparse(Level& level) {
  level.max_run_vectors = kMostVectors;
  level.max_run_sums = kMostSums;
  level.add_run = run_add_run;
  level.max_patch = kMostCells;
  level.add_patches = run_add_patches;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_sparse(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_sparse(level)); }

}  // namespace shoal::kernels::fast
#endif
