#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_pool.cc"
#include <algorithm>
#include <limits>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/window.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

HWY_INLINE V larger(V value, V best) {
  return hn::IfThenElse(hn::Or(hn::Gt(value, best), hn::IsNaN(value)), value, best);
}

// The cells of one window for one vector of channels; `whole`: all its lanes exist.
template <bool kWhole>
HWY_INLINE void pool(const Pool2DShape& s, const Window& cells, const float* x, M valid, float* y) {
  const D d;
  const auto load = [&](const float* from)
                        HWY_ATTR { return kWhole ? hn::LoadU(d, from) : hn::MaskedLoad(valid, d, from); };
  V best = hn::Set(d, std::numeric_limits<float>::lowest());
  bool first = true;
  for (std::int64_t iy = cells.top; iy < cells.bottom; ++iy) {
    for (std::int64_t ix = cells.left; ix < cells.right; ++ix) {
      const V value = load(x + (iy * s.w + ix) * s.c);
      best = first ? value : larger(value, best);
      first = false;
    }
  }
  if (kWhole) {
    hn::StoreU(best, d, y);
  } else {
    hn::BlendedStore(best, valid, d, y);
  }
}

void max_pool(const Pool2DShape& s, const float* x, float* y) {
  const D d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d)), whole = s.c / lanes * lanes;
  const M rest = hn::FirstN(d, static_cast<std::size_t>(s.c - whole)), all = hn::FirstN(d, hn::Lanes(d));
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.c) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t c = 0; c < whole; c += lanes) pool<true>(s, cells, x + c, all, y + c);
        if (whole < s.c) pool<false>(s, cells, x + whole, rest, y + whole);
      }
    }
  }
}

// `kAdd`: windows overlap, the gradient is added to what dx holds.
template <bool kWhole, bool kAdd>
HWY_INLINE void spread(const Pool2DShape& s, const Window& cells, const float* x, V y, V dy, M valid, float* dx) {
  const D d;
  M free = valid;
  for (std::int64_t iy = cells.top; iy < cells.bottom; ++iy) {
    for (std::int64_t ix = cells.left; ix < cells.right; ++ix) {
      const std::int64_t cell = (iy * s.w + ix) * s.c;
      const V value = kWhole ? hn::LoadU(d, x + cell) : hn::MaskedLoad(valid, d, x + cell);
      const M taken = hn::And(free, hn::Eq(value, y));
      free = hn::AndNot(taken, free);
      V gradient = hn::IfThenElseZero(taken, dy);
      if (kAdd) gradient = hn::Add(gradient, kWhole ? hn::LoadU(d, dx + cell) : hn::MaskedLoad(valid, d, dx + cell));
      if (kWhole) {
        hn::StoreU(gradient, d, dx + cell);
      } else {
        hn::BlendedStore(gradient, valid, d, dx + cell);
      }
    }
  }
}

template <bool kAdd>
void max_pool_gradient_of(const Pool2DShape& s, const float* x, const float* y, const float* dy, float* dx) {
  const D d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d)), whole = s.c / lanes * lanes;
  const M rest = hn::FirstN(d, static_cast<std::size_t>(s.c - whole)), all = hn::FirstN(d, hn::Lanes(d));
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.c, dx += s.h * s.w * s.c) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c, dy += s.c) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t c = 0; c < whole; c += lanes) {
          spread<true, kAdd>(s, cells, x + c, hn::LoadU(d, y + c), hn::LoadU(d, dy + c), all, dx + c);
        }
        if (whole < s.c) {
          spread<false, kAdd>(s, cells, x + whole, hn::MaskedLoad(rest, d, y + whole),
                              hn::MaskedLoad(rest, d, dy + whole), rest, dx + whole);
        }
      }
    }
  }
}

// Input cells that no window covers, when windows do not overlap.
void clear_uncovered(const Pool2DShape& s, float* dx) {
  const bool touching = s.ph == s.stride_h && s.pw == s.stride_w;
  const std::int64_t bottom = s.oh * s.stride_h - s.pad_top, right = s.ow * s.stride_w - s.pad_left;
  if (touching && bottom >= s.h && right >= s.w) return;
  if (!touching) {
    std::fill_n(dx, s.batch * s.h * s.w * s.c, 0.0f);
    return;
  }
  for (std::int64_t row = 0; row < s.batch * s.h; ++row) {
    const std::int64_t from = row % s.h >= bottom ? 0 : std::min(right, s.w);
    std::fill_n(dx + (row * s.w + from) * s.c, (s.w - from) * s.c, 0.0f);
  }
}

void max_pool_gradient(const Pool2DShape& s, const float* x, const float* y, const float* dy, float* dx) {
  if (s.ph <= s.stride_h && s.pw <= s.stride_w) {
    clear_uncovered(s, dx);
    max_pool_gradient_of<false>(s, x, y, dy, dx);
  } else {
    std::fill_n(dx, s.batch * s.h * s.w * s.c, 0.0f);
    max_pool_gradient_of<true>(s, x, y, dy, dx);
  }
}

void fill_pool(Table<float>& table) {
  table.max_pool = max_pool;
  table.max_pool_gradient = max_pool_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_pool(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_pool(table)); }

}  // namespace shoal::kernels::fast
#endif
