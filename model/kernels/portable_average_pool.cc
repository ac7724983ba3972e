#include <algorithm>

#include "model/kernels/portable.h"
#include "model/kernels/window.h"

namespace shoal::kernels::portable {
namespace {

// Calls visit(image's input cell, output pixel, cells of the window) for each cell of each window.
template <class Visit>
void for_each_cell(const Pool2DShape& s, Visit visit) {
  for (std::int64_t image = 0, output = 0; image < s.batch; ++image) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox, ++output) {
        const Window cells = window(s, oy, ox);
        for (std::int64_t iy = cells.top; iy < cells.bottom; ++iy) {
          for (std::int64_t ix = cells.left; ix < cells.right; ++ix) {
            visit((image * s.h + iy) * s.w + ix, output, cells.count());
          }
        }
      }
    }
  }
}

}  // namespace

template <class T>
void average_pool(const Pool2DShape& s, const T* x, T* y) {
  std::fill_n(y, s.batch * s.oh * s.ow * s.c, T(0));
  for_each_cell(s, [&](std::int64_t input, std::int64_t output, std::int64_t) {
    for (std::int64_t c = 0; c < s.c; ++c) y[output * s.c + c] += x[input * s.c + c];
  });
  for (std::int64_t i = 0; i < s.batch * s.oh * s.ow; ++i, y += s.c) {
    const auto count = static_cast<T>(window(s, i / s.ow % s.oh, i % s.ow).count());
    for (std::int64_t c = 0; c < s.c; ++c) y[c] /= count;
  }
}

template <class T>
void average_pool_gradient(const Pool2DShape& s, const T* dy, T* dx) {
  std::fill_n(dx, s.batch * s.h * s.w * s.c, T(0));
  for_each_cell(s, [&](std::int64_t input, std::int64_t output, std::int64_t count) {
    for (std::int64_t c = 0; c < s.c; ++c) dx[input * s.c + c] += dy[output * s.c + c] / static_cast<T>(count);
  });
}

template void average_pool(const Pool2DShape&, const float*, float*);
template void average_pool(const Pool2DShape&, const double*, double*);
template void average_pool_gradient(const Pool2DShape&, const float*, float*);
template void average_pool_gradient(const Pool2DShape&, const double*, double*);

}  // namespace shoal::kernels::portable
