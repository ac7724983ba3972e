#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_nonzeros.cc"
#include <algorithm>
#include <bit>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/fast_sparse.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

using I = hn::RebindToSigned<D>;
using VI = hn::Vec<I>;
using B = hn::Rebind<std::uint8_t, D>;
constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);

// Appends the lanes in `taken`; returns how many. May write a whole vector.
HWY_INLINE std::int64_t append(V value, VI place, M taken, float* to_value, std::int32_t* to_place) {
  const D d;
  const I di;
#if HWY_TARGET == HWY_AVX3
  hn::StoreU(hn::Compress(value, taken), d, to_value);
  hn::StoreU(hn::Compress(place, hn::RebindMask(di, taken)), di, to_place);
  return static_cast<std::int64_t>(hn::CountTrue(d, taken));
#else  // Highway 1.0.3 copies a table at each Compress
  HWY_ALIGN float values[kLanes];
  HWY_ALIGN std::int32_t places[kLanes];
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(d, taken, bits);
  hn::Store(value, d, values);
  hn::Store(place, di, places);
  std::int64_t count = 0;
  for (unsigned left = bits[0]; left != 0; left &= left - 1, ++count) {
    const int lane = std::countr_zero(left);
    to_value[count] = values[lane];
    to_place[count] = places[lane];
  }
  return count;
#endif
}

std::int64_t compress(std::int64_t n, const float* value, const std::int32_t* place, float* to_value,
                      std::int32_t* to_place) {
  const D d;
  const I di;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const V v = hn::LoadU(d, value + i);
    count += append(v, hn::LoadU(di, place + i), hn::Ne(v, hn::Zero(d)), to_value + count, to_place + count);
  }
  return count;
}

HWY_INLINE VI load_bytes(const std::uint8_t* from, std::int64_t count) {
  HWY_ALIGN std::uint8_t all[kLanes] = {};
  if (count >= kLanes) return hn::PromoteTo(I(), hn::LoadU(B(), from));
  std::copy_n(from, count, all);
  return hn::PromoteTo(I(), hn::Load(B(), all));
}

// to[p][c] = pixel[p] + (winner / 2) * row + (winner % 2) * column, for at most one vector of columns
void winner_places(std::int64_t pixels, std::int64_t columns, const std::uint8_t* winner, std::int64_t ld,
                   const std::int32_t* pixel, std::int32_t row, std::int32_t column, std::int32_t* to,
                   std::int64_t ld_to) {
  const I di;
  const VI in_row = hn::Set(di, row), in_column = hn::Set(di, column), one = hn::Set(di, 1);
  for (std::int64_t p = 0; p < pixels; ++p, winner += ld, to += ld_to) {
    const VI code = load_bytes(winner, columns);
    const VI step = hn::Add(hn::Mul(hn::ShiftRight<1>(code), in_row), hn::Mul(hn::And(code, one), in_column));
    hn::StoreU(hn::Add(hn::Set(di, pixel[p]), step), di, to);
  }
}

template <bool kPooled>
void list_pixels_of(const PixelList& list) {
  const D d;
  const I di;
  const VI scale = hn::Set(di, list.scale), iota = hn::Iota(di, 0);
  const float* dy = list.dy;
  const std::uint8_t* winner = list.winner;
  std::int32_t* start = list.start;
  std::int64_t count = 0;
  for (std::int64_t p = 0; p < list.pixels; ++p, dy += list.ld) {
    for (int code = 0; code < (kPooled ? 4 : 1); ++code) {
      *start++ = static_cast<std::int32_t>(count);
      for_vectors(list.columns, [&](std::int64_t c, auto part) HWY_ATTR {
        const V value = part.load(dy + c);
        M taken = hn::Ne(value, hn::Zero(d));
        if (kPooled) {
          const VI won = load_bytes(winner + c, list.columns - c);
          taken = hn::And(taken, hn::RebindMask(d, hn::Eq(won, hn::Set(di, code))));
        }
        const VI place = hn::Mul(hn::Add(iota, hn::Set(di, static_cast<std::int32_t>(c))), scale);
        count += append(value, place, taken, list.value + count, list.place + count);
      });
    }
    if (kPooled) winner += list.ld;
  }
  *start = static_cast<std::int32_t>(count);
}

void list_pixels(const PixelList& list) { list.winner ? list_pixels_of<true>(list) : list_pixels_of<false>(list); }

void fill_nonzeros(Level& level) {
  level.compress = compress;
  level.winner_places = winner_places;
  level.list_pixels = list_pixels;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_nonzeros(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_nonzeros(level)); }

}  // namespace shoal::kernels::fast
#endif
