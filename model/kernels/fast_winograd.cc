#include "model/kernels/fast_winograd.h"

#include <algorithm>

#include "model/kernels/fast.h"

namespace shoal::kernels::fast {
namespace {

constexpr std::int64_t kPlanes = kWinogradPlanes;
constexpr std::int64_t kForwardTiles = 16;       // whose planes stay in a near cache
constexpr std::int64_t kPart = 16, kPanel = 32;  // channels in and out of one part of a kernel's gradient

std::int64_t tiles_of(const Conv2DShape& s) { return s.batch * ((s.oh + 3) / 4) * ((s.ow + 3) / 4); }

// The more products one tile of the gradient gets, the better; but the planes stay in the second-level cache.
std::int64_t gradient_tiles(const Conv2DShape& s) { return std::max<std::int64_t>(8, 2048 / (s.ci + s.co) / 8 * 8); }

std::int64_t gradient_blocks(const Conv2DShape& s) {
  const std::int64_t tiles = gradient_tiles(s);
  return (tiles_of(s) + tiles - 1) / tiles;
}

std::int64_t parts_of(const Conv2DShape& s) { return s.ci / kPart * ((s.co + kPanel - 1) / kPanel); }

}  // namespace

void winograd_kernel(const Level& level, const WinogradKernelArgs<float>& args) {
  const std::int64_t plane = winograd_plane(args.ci * args.co), step = args.ci * args.co;
  if (!args.turned) {
    const std::int64_t from = args.begin * args.co;
    level.winograd.take_kernel((args.end - args.begin) * args.co, args.kernel + from, step, args.out + from, plane);
    return;
  }
  // Rows are outputs now: those of every tap side by side, the last tap first.
  const std::int64_t rows = args.end - args.begin, turned = rows * args.ci;
  float* taps = static_cast<float*>(args.scratch);
  for (std::int64_t tap = 0; tap < 9; ++tap)
    level.transpose(args.ci, rows, args.kernel + (8 - tap) * step + args.begin, args.co, taps + tap * turned, args.ci);
  level.winograd.take_kernel(turned, taps, turned, args.out + args.begin * args.ci, plane);
}

void winograd_conv2d(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  const bool in_tile = args.activation == Activation::kLinear || args.activation == Activation::kRelu;
  const std::int64_t tiles = tiles_of(s);
  float* inputs = static_cast<float*>(args.scratch);
  const std::int64_t input_plane = winograd_plane(kForwardTiles * s.ci);
  const std::int64_t output_plane = winograd_plane(kForwardTiles * s.co);
  float* outputs = inputs + kPlanes * input_plane;
  for (std::int64_t first = 0; first < tiles; first += kForwardTiles) {
    const std::int64_t count = std::min(kForwardTiles, tiles - first);
    level.winograd.take_inputs({&s, first, count, input_plane}, args.x, inputs);
    level.winograd.multiply({.rows = count,
                             .columns = s.co,
                             .k = s.ci,
                             .a = inputs,
                             .a_plane = input_plane,
                             .a_row = s.ci,
                             .b = args.kernel,
                             .b_plane = winograd_plane(s.ci * s.co),
                             .ldb = s.co,
                             .c = outputs,
                             .c_plane = output_plane,
                             .ldc = s.co});
    level.winograd.give_outputs({&s, first, count, output_plane}, outputs, args.bias,
                                args.activation == Activation::kRelu, args.out);
  }
  if (!in_tile) {
    const std::int64_t pixels = s.batch * s.oh * s.ow;
    level.bias_activation(1, pixels * s.co, args.out, nullptr, args.activation, args.out);
  }
}

// Part by part of the channels, so that what is summed up stays near until it is put together.
void winograd_kernel_gradient(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t tiles = tiles_of(s), block = std::min(gradient_tiles(s), tiles), blocks = gradient_blocks(s);
  const std::int64_t input_plane = winograd_plane(block * s.ci), gradient_plane = winograd_plane(block * s.co);
  const std::int64_t part_plane = winograd_plane(kPart * kPanel);
  float* inputs = static_cast<float*>(args.scratch);
  float* gradients = inputs + kPlanes * input_plane;
  float* const parts = gradients + kPlanes * gradient_plane;
  for (std::int64_t number = 0; number < blocks; ++number) {
    const std::int64_t first = number * block, count = std::min(block, tiles - first);
    level.winograd.take_inputs({&s, first, count, input_plane}, args.x, inputs);
    level.winograd.take_gradients({&s, first, count, gradient_plane}, args.dy, gradients);
    float* part = parts;
    for (std::int64_t out = 0; out < s.co; out += kPanel) {
      const std::int64_t columns = std::min(kPanel, s.co - out);
      for (std::int64_t in = 0; in < s.ci; in += kPart) {
        level.winograd.multiply({.rows = kPart,
                                 .columns = columns,
                                 .k = count,
                                 .a = inputs + in,
                                 .a_plane = input_plane,
                                 .a_row = 1,
                                 .a_k = s.ci,
                                 .b = gradients + out,
                                 .b_plane = gradient_plane,
                                 .ldb = s.co,
                                 .c = part,
                                 .c_plane = part_plane,
                                 .ldc = columns,
                                 .accumulate = number > 0});
        if (number + 1 == blocks)
          for (std::int64_t row = 0; row < kPart; ++row)
            level.winograd.give_kernel(columns, part + row * columns, part_plane, args.out + (in + row) * s.co + out,
                                       s.ci * s.co);
        if (blocks > 1) part += kPlanes * part_plane;
      }
    }
  }
}

std::size_t winograd_scratch(const Level&, const Conv2DShape& s) {
  const auto planes = [](std::int64_t tiles, std::int64_t channels) { return winograd_plane(tiles * channels); };
  const std::int64_t forward = planes(kForwardTiles, s.ci) + planes(kForwardTiles, s.co);
  const std::int64_t block = std::min(gradient_tiles(s), std::max<std::int64_t>(tiles_of(s), 1));
  const std::int64_t parts = gradient_blocks(s) > 1 ? parts_of(s) : 1;
  const std::int64_t gradient = planes(block, s.ci) + planes(block, s.co) + parts * winograd_plane(kPart * kPanel);
  return static_cast<std::size_t>(kPlanes * std::max(forward, gradient)) * sizeof(float);
}

}  // namespace shoal::kernels::fast
