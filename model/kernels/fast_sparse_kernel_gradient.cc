#include <algorithm>

#include "model/kernels/fast_sparse.h"
#include "model/kernels/sparse_places.h"
#include "model/kernels/split.h"

// Costs what the non-zeros of dy cost. The order of additions depends on shapes alone, image by image: a zero left out
// would have added nothing.
namespace shoal::kernels::fast {
namespace {

// Up to so many taps of an output the list of a channel costs more than it saves.
constexpr std::int64_t kFewTaps = 36;

struct ListScratch {
  float *padded, *turned, *dy, *value;
  std::int32_t *places, *by_pixel, *by_channel, *place;
  ListScratch(const Level& level, const Places& p, Pieces& pieces) {
    const std::int64_t lanes = level.lanes, ld = ceil_to(p.pixels(), lanes);
    padded = pieces.take<float>(p.e.padded ? p.e.elements(p.s) : 0);
    turned = pieces.take<float>(p.taps() * p.s.co);
    dy = pieces.take<float>(lanes * ld);
    value = pieces.take<float>(ld + lanes);
    places = pieces.take<std::int32_t>(ld);
    by_pixel = pieces.take<std::int32_t>(ld * lanes);
    by_channel = pieces.take<std::int32_t>(lanes * ld);
    place = pieces.take<std::int32_t>(ld + lanes);
  }
};

// One channel's list into its row of the turned gradient [co, kh, kw * ci].
void add_runs(const Level& level, const Places& p, Runs runs, const float* x, float* out) {
  const std::int64_t run = p.s.kw * p.s.ci, lanes = level.lanes;
  const std::int64_t vectors = (run + lanes - 1) / lanes;
  const std::int64_t at_once = std::min<std::int64_t>(vectors, level.max_run_vectors);
  const std::int64_t lines = std::clamp<std::int64_t>(level.max_run_sums / at_once, 1, 3);
  runs.x_line = p.e.w * p.s.ci;
  runs.out_line = run;
  split_evenly(p.s.kh, lines, [&](std::int64_t line, std::int64_t count) {
    split_evenly(vectors, at_once, [&](std::int64_t vector, std::int64_t width) {
      const std::int64_t column = vector * lanes;
      runs.lines = static_cast<int>(count);
      runs.columns = static_cast<int>(std::min(run - column, width * lanes));
      runs.x = x + line * runs.x_line + column;
      runs.out = out + line * run + column;
      level.add_run(runs);
    });
  });
}

void kernel_gradient_by_lists(const Level& level, const SparseConv2DArgs<float>& args, const Places& p) {
  Pieces pieces(args.scratch);
  const ListScratch work(level, p, pieces);
  const std::int64_t pixels = p.pixels(), lanes = level.lanes, ld = ceil_to(pixels, lanes), co = p.s.co;
  for (std::int64_t i = 0; i < ld; ++i) work.places[i] = i < pixels ? p.place(i) : 0;
  std::fill_n(work.by_channel, lanes * ld, 0);
  std::fill_n(work.dy, lanes * ld, 0.0f);
  level.transpose(p.taps(), co, args.out, co, work.turned, p.taps());
  for (std::int64_t image = 0; image < p.s.batch; ++image) {
    const float* x = args.x + image * p.input();
    if (p.e.padded) {
      pad(p.s, p.e, x, work.padded);
      x = work.padded;
    }
    for (std::int64_t first = 0; first < co; first += lanes) {
      const std::int64_t channels = std::min(lanes, co - first), from = image * pixels * co + first;
      level.transpose(pixels, channels, args.dy + from, co, work.dy, ld);
      if (args.winner) {
        level.winner_places(pixels, channels, args.winner + from, co, work.places, static_cast<std::int32_t>(p.out_row),
                            static_cast<std::int32_t>(p.out_pixel), work.by_pixel, lanes);
        level.transpose(pixels, channels, reinterpret_cast<const float*>(work.by_pixel), lanes,
                        reinterpret_cast<float*>(work.by_channel), ld);
      }
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int32_t* places = args.winner ? work.by_channel + c * ld : work.places;
        Runs runs{.place = work.place, .value = work.value};
        runs.count = level.compress(ld, work.dy + c * ld, places, work.value, work.place);
        if (runs.count > 0) add_runs(level, p, runs, x, work.turned + (first + c) * p.taps());
      }
    }
  }
  level.transpose(co, p.taps(), work.turned, p.taps(), args.out, co);
}

std::int64_t quad_rows(const Places& p) { return (2 * p.rows - 2) * p.s.stride_h + p.s.kh; }

void kernel_gradient_by_quads(const Level& level, const SparseConv2DArgs<float>& args, const Places& p) {
  Pieces pieces(args.scratch);
  const Conv2DShape& s = p.s;
  float* padded = pieces.take<float>(p.e.padded ? p.e.elements(s) : 0);
  const std::int64_t line = p.e.w * s.ci, taps = s.kw * s.ci, width = level.quad_vectors * level.lanes;
  float* quads = pieces.take<float>(quad_rows(p) * line * 4);
  for (std::int64_t image = 0; image < s.batch; ++image) {
    const float* x = args.x + image * p.input();
    if (p.e.padded) {
      pad(s, p.e, x, padded);
      x = padded;
    }
    for (std::int64_t row = 0; row < quad_rows(p); ++row) {
      level.make_quads(line - p.out_pixel, x + row * line, x + row * line + p.out_row, p.out_pixel,
                       quads + row * line * 4);
    }
    for (std::int64_t column = 0; column < s.co; column += width) {
      Quads q{.rows = p.rows,
              .pixels = p.columns,
              .row = 2 * p.out_row * 4,
              .pixel = 2 * p.out_pixel * 4,
              .columns = static_cast<int>(std::min(width, s.co - column)),
              .dy = args.dy + image * p.pixels() * s.co + column,
              .winner = args.winner + image * p.pixels() * s.co + column,
              .ld = s.co};
      for (std::int64_t ky = 0; ky < s.kh; ++ky) {
        split_evenly(taps, level.max_quad_taps, [&](std::int64_t tap, std::int64_t count) {
          q.taps = static_cast<int>(count);
          q.quads = quads + (ky * line + tap) * 4;
          q.dkernel = args.out + (ky * taps + tap) * s.co + column;
          level.add_quads(q);
        });
      }
    }
  }
}

}  // namespace

void sparse_conv2d_kernel_gradient(const Level& level, const SparseConv2DArgs<float>& args) {
  const Places p(args.shape, args.winner != nullptr);
  if (p.pixels() == 0) return;
  if (p.taps() > kFewTaps) return kernel_gradient_by_lists(level, args, p);
  if (p.pooled) return kernel_gradient_by_quads(level, args, p);
  conv2d_kernel_gradient(level,
                         {.shape = args.shape, .x = args.x, .dy = args.dy, .out = args.out, .scratch = args.scratch});
}

std::size_t sparse_kernel_gradient_scratch(const Level& level, const Conv2DShape& shape, bool pooled) {
  const Places p(shape, pooled);
  if (p.pixels() == 0) return 0;
  if (p.taps() <= kFewTaps && !pooled) return conv2d_scratch(level, shape);
  Pieces pieces(nullptr);
  if (p.taps() > kFewTaps) {
    const ListScratch lists(level, p, pieces);
  } else {
    pieces.take<float>(p.e.padded ? p.e.elements(p.s) : 0);
    pieces.take<float>(quad_rows(p) * p.e.w * p.s.ci * 4);
  }
  return pieces.used();
}

}  // namespace shoal::kernels::fast
