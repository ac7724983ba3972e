#include <algorithm>

#include "model/kernels/fast.h"
#include "model/kernels/padded_image.h"
#include "model/kernels/reach.h"
#include "model/kernels/split.h"

// Convolutions as products on the input itself. For one output pixel and one kernel row the inputs are one run of
// kw * ci values, and the kernel [kh, kw, ci, co] is the matrix beside it as it lies.
namespace shoal::kernels::fast {
namespace {

// A correlation of `x` with matrices [lines * run, columns] into pixels of `out`.
struct Correlation {
  const float* x;
  std::int64_t x_line = 0, x_row, x_pixel;  // steps of a kernel row, an output row, an output pixel
  std::int64_t lines, run;                  // kernel rows, and values of one of them
  const float* kernel;
  std::int64_t columns;
  float* out;
  std::int64_t out_row, out_pixel, rows, pixels;
  bool accumulate = false;
  const float* bias = nullptr;
  bool relu = false;
};

// Panels of columns outside, so that a panel of the kernel stays in a near cache over the whole image.
void correlate(const Level& level, const Correlation& c) {
  const std::int64_t width = 2 * level.lanes;
  const bool two_rows = c.pixels * 2 <= level.max_pixels;
  for (std::int64_t column = 0; column < c.columns; column += width) {
    Tile tile{.columns = static_cast<int>(std::min(width, c.columns - column)),
              .lines = c.lines,
              .k = c.run,
              .a_line = c.x_line,
              .a_row = c.x_row,
              .a_pixel = c.x_pixel,
              .b = c.kernel + column,
              .ldb = c.columns,
              .c_row = c.out_row,
              .c_pixel = c.out_pixel,
              .accumulate = c.accumulate,
              .bias = c.bias ? c.bias + column : nullptr,
              .relu = c.relu};
    for (std::int64_t row = 0; row < c.rows; row += tile.rows) {
      tile.rows = two_rows && row + 2 <= c.rows ? 2 : 1;
      split_evenly(c.pixels, level.max_pixels, [&](std::int64_t pixel, std::int64_t pixels) {
        tile.pixels = static_cast<int>(pixels);
        tile.a = c.x + row * c.x_row + pixel * c.x_pixel;
        tile.c = c.out + row * c.out_row + pixel * c.out_pixel + column;
        level.tile(tile);
      });
    }
  }
}

}  // namespace

void conv2d(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t input = s.h * s.w * s.ci;  // of one image
  const Extent e = extent(s);
  float* padded = static_cast<float*>(args.scratch);
  const bool in_tile = args.activation == Activation::kLinear || args.activation == Activation::kRelu;
  const std::int64_t out_image = s.oh * s.ow * s.co;
  for (std::int64_t image = 0; image < s.batch; ++image) {
    const float* x = args.x + image * input;
    if (e.padded) pad(s, e, x, padded);
    correlate(level, {.x = e.padded ? padded : x,
                      .x_line = e.w * s.ci,
                      .x_row = s.stride_h * e.w * s.ci,
                      .x_pixel = s.stride_w * s.ci,
                      .lines = s.kh,
                      .run = s.kw * s.ci,
                      .kernel = args.kernel,
                      .columns = s.co,
                      .out = args.out + image * out_image,
                      .out_row = s.ow * s.co,
                      .out_pixel = s.co,
                      .rows = s.oh,
                      .pixels = s.ow,
                      .bias = args.bias,
                      .relu = args.activation == Activation::kRelu});
  }
  if (!in_tile) level.bias_activation(1, s.batch * out_image, args.out, nullptr, args.activation, args.out);
}

// For each kernel cell, the output pixels that it reaches from inside the input are the rows of products that are added
// to dx. Padding and strides cost nothing.
void conv2d_input_gradient(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  float* turned = static_cast<float*>(args.scratch);  // [kh, kw, co, ci]
  for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
    level.transpose(s.ci, s.co, args.kernel + cell * s.ci * s.co, s.co, turned + cell * s.ci * s.co, s.ci);
  }
  std::fill_n(args.out, s.batch * s.h * s.w * s.ci, 0.0f);
  for (std::int64_t image = 0; image < s.batch; ++image) {
    const float* dy = args.dy + image * s.oh * s.ow * s.co;
    float* dx = args.out + image * s.h * s.w * s.ci;
    for (std::int64_t ky = 0; ky < s.kh; ++ky) {
      const Range oy = reach(s.oh, s.h, s.stride_h, ky - s.pad_top);
      for (std::int64_t kx = 0; kx < s.kw; ++kx) {
        const Range ox = reach(s.ow, s.w, s.stride_w, kx - s.pad_left);
        const std::int64_t iy = oy.begin * s.stride_h + ky - s.pad_top, ix = ox.begin * s.stride_w + kx - s.pad_left;
        if (oy.begin == oy.end || ox.begin == ox.end) continue;
        correlate(level, {.x = dy + (oy.begin * s.ow + ox.begin) * s.co,
                          .x_row = s.ow * s.co,
                          .x_pixel = s.co,
                          .lines = 1,
                          .run = s.co,
                          .kernel = turned + (ky * s.kw + kx) * s.ci * s.co,
                          .columns = s.ci,
                          .out = dx + (iy * s.w + ix) * s.ci,
                          .out_row = s.stride_h * s.w * s.ci,
                          .out_pixel = s.stride_w * s.ci,
                          .rows = oy.end - oy.begin,
                          .pixels = ox.end - ox.begin,
                          .accumulate = true});
      }
    }
  }
}

void conv2d_kernel_gradient(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t input = s.h * s.w * s.ci;  // of one image
  const Extent e = extent(s);
  float* padded = static_cast<float*>(args.scratch);
  const std::int64_t width = 2 * level.lanes, images = e.padded ? s.batch : 1, run = s.kw * s.ci;
  for (std::int64_t image = 0; image < images; ++image) {
    if (e.padded) pad(s, e, args.x + image * input, padded);
    const float* x = e.padded ? padded : args.x;
    for (std::int64_t column = 0; column < s.co; column += width) {
      Tile tile{.columns = static_cast<int>(std::min(width, s.co - column)),
                .planes = e.padded ? 1 : s.batch,
                .lines = s.oh,
                .k = s.ow,
                .a_plane = input,
                .a_line = s.stride_h * e.w * s.ci,
                .a_pixel = 1,
                .a_k = s.stride_w * s.ci,
                .b = args.dy + image * s.oh * s.ow * s.co + column,
                .ldb = s.co,
                .c_pixel = s.co,
                .accumulate = true};
      for (std::int64_t line = 0; line < s.kh; ++line) {
        split_evenly(run, level.max_pixels, [&](std::int64_t begin, std::int64_t size) {
          tile.pixels = static_cast<int>(size);
          tile.a = x + line * e.w * s.ci + begin;
          tile.c = args.out + (line * run + begin) * s.co + column;
          level.tile(tile);
        });
      }
    }
  }
}

std::size_t conv2d_scratch(const Level&, const Conv2DShape& s) {
  const Extent e = extent(s);
  const std::int64_t padded = e.padded ? e.h * e.w * s.ci : 0, turned = s.kh * s.kw * s.ci * s.co;
  return static_cast<std::size_t>(std::max(padded, turned)) * sizeof(float);
}

}  // namespace shoal::kernels::fast
