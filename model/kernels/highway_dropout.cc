#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_dropout.cc"
#include <algorithm>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"
#include "model/kernels/portable.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

using DU = hn::RebindToUnsigned<D>;
using VU = hn::Vec<DU>;

using Wide = hn::RepartitionToWide<DU>;
using VW = hn::Vec<Wide>;

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float), kCounters = kLanes / 2;

// The words of four times kCounters neighbouring counters, in the order of elements.
constexpr int kGroups = 4;
struct Words {
  VU part[2 * kGroups];
};

// Numbers of 32 bits in the lower halves of lanes of 64; what is in the upper halves never matters. Groups of counters
// side by side: while one waits for a product the others go on.
HWY_INLINE Words philox(std::uint64_t key, std::uint64_t high, VW low) {
  const Wide w;
  const DU d;
  const auto part = [](std::uint64_t value, int shift) { return static_cast<std::uint32_t>(value >> shift); };
  const auto product = [&](VW a, VU multiplier) HWY_ATTR { return hn::MulEven(hn::BitCast(d, a), multiplier); };
  const VU multiplier0 = hn::Set(d, 0xD2511F53u), multiplier1 = hn::Set(d, 0xCD9E8D57u);
  const VW step0 = hn::Set(w, 0x9E3779B9u), step1 = hn::Set(w, 0xBB67AE85u);
  VW c0[kGroups], c1[kGroups], c2[kGroups], c3[kGroups];
  SHOAL_UNROLL for (int g = 0; g < kGroups; ++g) {
    c0[g] = hn::Add(low, hn::Set(w, static_cast<std::uint64_t>(g * kCounters)));
    c1[g] = hn::Zero(w);
    c2[g] = hn::Set(w, part(high, 0));
    c3[g] = hn::Set(w, part(high, 32));
  }
  VW k0 = hn::Set(w, part(key, 0)), k1 = hn::Set(w, part(key, 32));
  for (int round = 0; round < 10; ++round) {
    SHOAL_UNROLL for (int g = 0; g < kGroups; ++g) {
      const VW p0 = product(c0[g], multiplier0), p1 = product(c2[g], multiplier1);
      c0[g] = hn::Xor(hn::ShiftRight<32>(p1), hn::Xor(c1[g], k0));
      c2[g] = hn::Xor(hn::ShiftRight<32>(p0), hn::Xor(c3[g], k1));
      c1[g] = p1;
      c3[g] = p0;
    }
    k0 = hn::Add(k0, step0);
    k1 = hn::Add(k1, step1);
  }
  const auto pairs = [&](VW even, VW odd) HWY_ATTR {
    return hn::BitCast(w, hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even)));
  };
  Words words;
  SHOAL_UNROLL for (int g = 0; g < kGroups; ++g) {
    const VW front = pairs(c0[g], c1[g]), back = pairs(c2[g], c3[g]);
    words.part[2 * g] = hn::BitCast(d, hn::InterleaveLower(w, front, back));
    words.part[2 * g + 1] = hn::BitCast(d, hn::InterleaveUpper(w, front, back));
  }
  return words;
}

void dropout(const DropoutArgs<float>& args) {
  if (args.elements >= std::int64_t{1} << 33) return portable::dropout(args);  // counters of 32 bits would not do
  const D d;
  const DU du;
  const Wide w;
  // Interleaving puts the counters of even lanes into the first vector: lanes 0, 2, ... hold the lower half of them.
  HWY_ALIGN std::uint64_t counters[kCounters];
  for (std::int64_t lane = 0; lane < kCounters; ++lane)
    counters[lane] = static_cast<std::uint64_t>(lane / 2 + lane % 2 * (kCounters / 2));
  const VW first = hn::Load(w, counters);
  const VU threshold = hn::Set(du, args.threshold);
  const V scale = hn::Set(d, args.scale);
  for (std::int64_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.elements;
    float* y = args.y + row * args.elements;
    const auto keep = [&](VU words, std::int64_t at) HWY_ATTR {
      const auto drops = hn::RebindMask(d, hn::Lt(words, threshold));
      for_vectors(std::min(args.elements - at, kLanes), [&](std::int64_t, auto part) HWY_ATTR {
        part.store(hn::IfThenZeroElse(drops, hn::Mul(part.load(x + at), scale)), y + at);
      });
    };
    for (std::int64_t e = 0; e < args.elements; e += 2 * kGroups * kLanes) {
      const VW low = hn::Add(first, hn::Set(w, static_cast<std::uint64_t>(e / 4)));
      const Words words = philox(args.key, static_cast<std::uint64_t>(args.first_row + row), low);
      SHOAL_UNROLL for (int i = 0; i < 2 * kGroups; ++i) {
        if (e + i * kLanes < args.elements) keep(words.part[i], e + i * kLanes);
      }
    }
  }
}

void fill_dropout(Table<float>& table) { table.dropout = dropout; }

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_dropout(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_dropout(table)); }

}  // namespace shoal::kernels::fast
#endif
