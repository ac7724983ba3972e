#pragma once

#include <algorithm>

#include "model/kernels/table.h"

namespace shoal::kernels {

// out (like y) = the value of v (like x) in the first cell of the window where x equals y: the transpose of
// max_pool_gradient.
template <class T>
void max_pool_gather(const Pool2DShape& s, const T* x, const T* y, const T* v, T* out) {
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.c, v += s.h * s.w * s.c) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c, out += s.c) {
        const std::int64_t top = oy * s.stride_h - s.pad_top, left = ox * s.stride_w - s.pad_left;
        for (std::int64_t c = 0; c < s.c; ++c) {
          bool found = false;
          out[c] = T(0);
          for (std::int64_t iy = std::max<std::int64_t>(top, 0); iy < std::min(top + s.ph, s.h) && !found; ++iy) {
            for (std::int64_t ix = std::max<std::int64_t>(left, 0); ix < std::min(left + s.pw, s.w) && !found; ++ix) {
              const std::int64_t cell = (iy * s.w + ix) * s.c + c;
              found = x[cell] == y[c];
              if (found) out[c] = v[cell];
            }
          }
        }
      }
    }
  }
}

}  // namespace shoal::kernels
