#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_average_pool.cc"
#include <algorithm>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/window.h"

// Each lane is a channel.
HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

// Calls visit(offset of the cell) for the cells of a window.
template <class Visit>
HWY_INLINE void for_cells(const Pool2DShape& s, const Window& cells, Visit visit) {
  for (std::int64_t iy = cells.top; iy < cells.bottom; ++iy) {
    for (std::int64_t ix = cells.left; ix < cells.right; ++ix) visit((iy * s.w + ix) * s.c);
  }
}

template <bool kWhole>
HWY_INLINE void mean(const Pool2DShape& s, const Window& cells, const float* x, M valid, float* y) {
  const D d;
  V sum = hn::Zero(d);
  for_cells(s, cells, [&](std::int64_t cell) HWY_ATTR {
    sum = hn::Add(sum, kWhole ? hn::LoadU(d, x + cell) : hn::MaskedLoad(valid, d, x + cell));
  });
  sum = hn::Div(sum, hn::Set(d, static_cast<float>(cells.count())));
  if (kWhole) {
    hn::StoreU(sum, d, y);
  } else {
    hn::BlendedStore(sum, valid, d, y);
  }
}

template <bool kWhole>
HWY_INLINE void spread(const Pool2DShape& s, const Window& cells, const float* dy, M valid, float* dx) {
  const D d;
  V share = kWhole ? hn::LoadU(d, dy) : hn::MaskedLoad(valid, d, dy);
  share = hn::Div(share, hn::Set(d, static_cast<float>(cells.count())));
  for_cells(s, cells, [&](std::int64_t cell) HWY_ATTR {
    if (kWhole) {
      hn::StoreU(hn::Add(share, hn::LoadU(d, dx + cell)), d, dx + cell);
    } else {
      hn::BlendedStore(hn::Add(share, hn::MaskedLoad(valid, d, dx + cell)), valid, d, dx + cell);
    }
  });
}

void average_pool(const Pool2DShape& s, const float* x, float* y) {
  const D d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d)), whole = s.c / lanes * lanes;
  const M rest = hn::FirstN(d, static_cast<std::size_t>(s.c - whole)), all = hn::FirstN(d, hn::Lanes(d));
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.c) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t c = 0; c < whole; c += lanes) mean<true>(s, cells, x + c, all, y + c);
        if (whole < s.c) mean<false>(s, cells, x + whole, rest, y + whole);
      }
    }
  }
}

void average_pool_gradient(const Pool2DShape& s, const float* dy, float* dx) {
  const D d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d)), whole = s.c / lanes * lanes;
  const M rest = hn::FirstN(d, static_cast<std::size_t>(s.c - whole)), all = hn::FirstN(d, hn::Lanes(d));
  for (std::int64_t image = 0; image < s.batch; ++image, dx += s.h * s.w * s.c) {
    std::fill_n(dx, s.h * s.w * s.c, 0.0f);
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, dy += s.c) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t c = 0; c < whole; c += lanes) spread<true>(s, cells, dy + c, all, dx + c);
        if (whole < s.c) spread<false>(s, cells, dy + whole, rest, dx + whole);
      }
    }
  }
}

void fill_average_pool(Table<float>& table) {
  table.average_pool = average_pool;
  table.average_pool_gradient = average_pool_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_average_pool(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_average_pool(table)); }

}  // namespace shoal::kernels::fast
#endif
