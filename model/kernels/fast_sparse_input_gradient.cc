#include <algorithm>

#include "model/kernels/fast_sparse.h"
#include "model/kernels/sparse_places.h"
#include "model/kernels/split.h"

// Each non-zero of dy adds its part of the kernel to a patch of dx. The order of additions depends on shapes alone,
// image by image: a zero left out would have added nothing.
namespace shoal::kernels::fast {
namespace {

// Channels whose part of the kernel stays in the first-level cache while patches are added.
constexpr std::int64_t kPanelChannels = 64;

struct PatchScratch {
  float *panels, *padded, *value;
  std::int32_t *origin, *cell, *start, *place;
  PatchScratch(const Level& level, const Places& p, Pieces& pieces) {
    const std::int64_t lanes = level.lanes, cells = p.s.kh * p.s.kw, lists = p.pixels() * (p.pooled ? 4 : 1);
    const std::int64_t channels = std::min(kPanelChannels, p.s.co);
    panels = pieces.take<float>(cells * p.s.co * ceil_to(p.s.ci, lanes));
    padded = pieces.take<float>(p.e.padded ? p.e.elements(p.s) : 0);
    value = pieces.take<float>(p.pixels() * channels + lanes);
    origin = pieces.take<std::int32_t>(lists);
    cell = pieces.take<std::int32_t>(cells);
    start = pieces.take<std::int32_t>(lists + 1);
    place = pieces.take<std::int32_t>(p.pixels() * channels + lanes);
  }
};

// Panels [block of channels][vector of inputs][channel][cell][lane].
void make_panels(const Level& level, const Places& p, const float* kernel, float* to) {
  const std::int64_t lanes = level.lanes, cells = p.s.kh * p.s.kw, ci = p.s.ci, co = p.s.co;
  if (ci % lanes != 0) std::fill_n(to, cells * co * ceil_to(ci, lanes), 0.0f);
  for (std::int64_t block = 0; block < co; block += kPanelChannels) {
    const std::int64_t channels = std::min(kPanelChannels, co - block);
    for (std::int64_t first = 0; first < ci; first += lanes, to += channels * cells * lanes) {
      for (std::int64_t cell = 0; cell < cells; ++cell) {
        level.transpose(std::min(lanes, ci - first), channels, kernel + (cell * ci + first) * co + block, co,
                        to + cell * lanes, cells * lanes);
      }
    }
  }
}

// All patches of one image: block of channels by block, and within it vector of inputs by vector.
void add_image(const Level& level, const Places& p, const PatchScratch& work, const float* dy,
               const std::uint8_t* winner, float* dx) {
  const std::int64_t lanes = level.lanes, cells = p.s.kh * p.s.kw, ci = p.s.ci, co = p.s.co;
  const float* panel = work.panels;
  for (std::int64_t block = 0; block < co; block += kPanelChannels) {
    const std::int64_t channels = std::min(kPanelChannels, co - block);
    level.list_pixels({.pixels = p.pixels(),
                       .columns = channels,
                       .ld = co,
                       .dy = dy + block,
                       .winner = winner ? winner + block : nullptr,
                       .scale = static_cast<std::int32_t>(cells * lanes),
                       .start = work.start,
                       .place = work.place,
                       .value = work.value});
    for (std::int64_t first = 0; first < ci; first += lanes, panel += channels * cells * lanes) {
      split_evenly(cells, level.max_patch, [&](std::int64_t cell, std::int64_t count) {
        level.add_patches({.lists = p.pixels() * (p.pooled ? 4 : 1),
                           .start = work.start,
                           .place = work.place,
                           .value = work.value,
                           .panel = panel + cell * lanes,
                           .origin = work.origin,
                           .cells = static_cast<int>(count),
                           .cell = work.cell + cell,
                           .lanes = static_cast<int>(std::min(lanes, ci - first)),
                           .dx = dx + first});
      });
    }
  }
}

}  // namespace

void sparse_conv2d_input_gradient(const Level& level, const SparseConv2DArgs<float>& args) {
  const Places p(args.shape, args.winner != nullptr);
  const Conv2DShape& s = p.s;
  if (p.pixels() == 0) {
    std::fill_n(args.out, s.batch * p.input(), 0.0f);
    return;
  }
  Pieces pieces(args.scratch);
  const PatchScratch work(level, p, pieces);
  make_panels(level, p, args.kernel, work.panels);
  for (std::int64_t i = 0; i < p.pixels(); ++i) {
    const std::int32_t place = p.place(i);
    if (!p.pooled) work.origin[i] = place;
    for (std::int64_t code = 0; p.pooled && code < 4; ++code) {
      work.origin[4 * i + code] = place + static_cast<std::int32_t>(code / 2 * p.out_row + code % 2 * p.out_pixel);
    }
  }
  for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
    work.cell[cell] = static_cast<std::int32_t>((cell / s.kw * p.e.w + cell % s.kw) * s.ci);
  }
  for (std::int64_t image = 0; image < s.batch; ++image) {
    float* out = args.out + image * p.input();
    float* dx = p.e.padded ? work.padded : out;
    std::fill_n(dx, p.e.elements(s), 0.0f);
    add_image(level, p, work, args.dy + image * p.pixels() * s.co,
              args.winner ? args.winner + image * p.pixels() * s.co : nullptr, dx);
    if (p.e.padded) crop(s, p.e, dx, out);
  }
}

std::size_t sparse_input_gradient_scratch(const Level& level, const Conv2DShape& shape, bool pooled) {
  const Places p(shape, pooled);
  if (p.pixels() == 0) return 0;
  Pieces pieces(nullptr);
  const PatchScratch patches(level, p, pieces);
  return pieces.used();
}

}  // namespace shoal::kernels::fast
