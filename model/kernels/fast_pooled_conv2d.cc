#include <algorithm>

#include "model/kernels/fast.h"
#include "model/kernels/padded_image.h"
#include "model/kernels/split.h"

namespace shoal::kernels::fast {

// The outputs of a convolution never leave the registers: a tile makes two rows of them and stores their maxima.
void pooled_conv2d(const Level& level, const PooledConv2DArgs<float>& args) {
  Conv2DShape s = args.shape;
  const std::int64_t ph = s.oh / 2, pw = s.ow / 2, width = 2 * level.lanes;
  s.oh = 2 * ph;
  s.ow = 2 * pw;
  const Extent e = extent(s);
  float* padded = static_cast<float*>(args.scratch);
  for (std::int64_t image = 0; image < s.batch; ++image) {
    const float* x = args.x + image * s.h * s.w * s.ci;
    if (e.padded) {
      pad(s, e, x, padded);
      x = padded;
    }
    for (std::int64_t column = 0; column < s.co; column += width) {
      Tile tile{.rows = 2,
                .columns = static_cast<int>(std::min(width, s.co - column)),
                .lines = s.kh,
                .k = s.kw * s.ci,
                .a_line = e.w * s.ci,
                .a_row = s.stride_h * e.w * s.ci,
                .a_pixel = s.stride_w * s.ci,
                .b = args.kernel + column,
                .ldb = s.co,
                .c_pixel = s.co,
                .bias = args.bias ? args.bias + column : nullptr};
      for (std::int64_t row = 0; row < ph; ++row) {
        split_evenly(pw, level.max_pooled, [&](std::int64_t pixel, std::int64_t pixels) {
          const std::int64_t to = ((image * ph + row) * pw + pixel) * s.co + column;
          tile.pixels = static_cast<int>(2 * pixels);
          tile.a = x + 2 * row * tile.a_row + 2 * pixel * tile.a_pixel;
          tile.c = args.out + to;
          level.pool_tile(tile, args.winner + to);
        });
      }
    }
  }
}

std::size_t sparse_conv2d_scratch(const Level& level, const Conv2DShape& shape) {
  std::size_t most = static_cast<std::size_t>(extent(shape).elements(shape)) * sizeof(float);
  for (const bool pooled : {false, true}) {
    most = std::max({most, sparse_kernel_gradient_scratch(level, shape, pooled),
                     sparse_input_gradient_scratch(level, shape, pooled)});
  }
  return most;
}

}  // namespace shoal::kernels::fast
