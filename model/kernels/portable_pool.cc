#include <algorithm>
#include <limits>

#include "model/kernels/portable.h"
#include "model/kernels/window.h"

namespace shoal::kernels::portable {
namespace {

template <class T>
bool beats(T value, T best) {
  return value > best || value != value;  // NaN wins, so that it is seen further on
}

}  // namespace

template <class T>
void max_pool(const Pool2DShape& s, const T* x, T* y) {
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.c) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c) {
        std::fill_n(y, s.c, std::numeric_limits<T>::lowest());
        const Window cells = window(s, oy, ox);
        bool first = true;
        for (std::int64_t iy = cells.top; iy < cells.bottom; ++iy) {
          for (std::int64_t ix = cells.left; ix < cells.right; ++ix) {
            const T* cell = x + (iy * s.w + ix) * s.c;
            for (std::int64_t c = 0; c < s.c; ++c) y[c] = first || beats(cell[c], y[c]) ? cell[c] : y[c];
            first = false;
          }
        }
      }
    }
  }
}

template <class T>
void max_pool_gradient(const Pool2DShape& s, const T* x, const T* y, const T* dy, T* dx) {
  const std::int64_t image_size = s.h * s.w * s.c;
  std::fill_n(dx, s.batch * image_size, T(0));
  for (std::int64_t image = 0; image < s.batch; ++image, x += image_size, dx += image_size) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, y += s.c, dy += s.c) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t c = 0; c < s.c; ++c) {
          bool found = false;
          for (std::int64_t iy = cells.top; iy < cells.bottom && !found; ++iy) {
            for (std::int64_t ix = cells.left; ix < cells.right && !found; ++ix) {
              const std::int64_t cell = (iy * s.w + ix) * s.c + c;
              found = x[cell] == y[c];
              if (found) dx[cell] += dy[c];
            }
          }
        }
      }
    }
  }
}

template void max_pool(const Pool2DShape&, const float*, float*);
template void max_pool(const Pool2DShape&, const double*, double*);
template void max_pool_gradient(const Pool2DShape&, const float*, const float*, const float*, float*);
template void max_pool_gradient(const Pool2DShape&, const double*, const double*, const double*, double*);

}  // namespace shoal::kernels::portable
