#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_winograd.cc"
#include <algorithm>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/fast_winograd.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_winograd_lines.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

constexpr std::int64_t kLanes = HWY_MAX_BYTES / sizeof(float);

// Where a tile of outputs lies.
struct Corner {
  std::int64_t image, y, x;
  Corner(const Conv2DShape& s, std::int64_t tile) {
    const std::int64_t across = (s.ow + 3) / 4, down = (s.oh + 3) / 4;
    x = tile % across * 4;
    y = tile / across % down * 4;
    image = tile / (across * down);
  }
};

// What the tile below this one adds to it, 4 x 4 values from `from` on: patterns of tiles are foreign to a processor's
// own prefetching. Beyond the last image it asks for nothing of use, and does no harm.
template <int kWrite>
HWY_INLINE void ask_for(const float* from, std::int64_t row, std::int64_t channels, std::int64_t c) {
  if (c % 16 != 0) return;
  SHOAL_UNROLL for (int r = 0; r < 4; ++r) {
    SHOAL_UNROLL for (int j = 0; j < 4; ++j) __builtin_prefetch(from + r * row + j * channels + c, kWrite, 2);
  }
}

// Columns first: a column of six values at a time, of which those outside the image are zero.
HWY_NOINLINE void take_inputs(const WinogradTiles& t, const float* x, float* planes) {
  const D d;
  const Conv2DShape& s = *t.shape;
  const std::int64_t channels = s.ci, row = s.w * channels, plane = t.plane;
  HWY_ALIGN static constexpr float kNothing[kLanes] = {};
  HWY_ALIGN float half[36 * kLanes];
  for (std::int64_t i = 0; i < t.count; ++i) {
    const Corner at(s, t.first + i);
    const std::int64_t top = at.y - s.pad_top, left = at.x - s.pad_left;
    const float* line[6];
    std::int64_t step[6];  // zero where the line is outside
    for (int r = 0; r < 6; ++r) {
      const bool inside = top + r >= 0 && top + r < s.h;
      line[r] = inside ? x + (at.image * s.h + top + r) * row + left * channels : kNothing;
      step[r] = inside ? 1 : 0;
    }
    const bool whole = top >= 0 && top + 6 <= s.h && left >= 0 && left + 6 <= s.w;
    float* to = planes + i * channels;
    const float* next = x + (at.image * s.h + top + 6) * row + (left + 1) * channels;
    for (std::int64_t c = 0; c < channels; c += kLanes, to += kLanes) {
      ask_for<0>(next, row, channels, c);
      if (whole) {
        SHOAL_UNROLL for (int j = 0; j < 6; ++j) {
          const float* from = line[0] + j * channels + c;
          const Six in = {hn::LoadU(d, from),           hn::LoadU(d, from + row),     hn::LoadU(d, from + 2 * row),
                          hn::LoadU(d, from + 3 * row), hn::LoadU(d, from + 4 * row), hn::LoadU(d, from + 5 * row)};
          const Six out = inputs_line(in);
          SHOAL_UNROLL for (int r = 0; r < 6; ++r) hn::Store(out.v[r], d, half + (r * 6 + j) * kLanes);
        }
      } else {
        for (int j = 0; j < 6; ++j) {
          Six out = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
          if (left + j >= 0 && left + j < s.w) {
            const std::int64_t place = j * channels + c;
            out = inputs_line({hn::LoadU(d, line[0] + place * step[0]), hn::LoadU(d, line[1] + place * step[1]),
                               hn::LoadU(d, line[2] + place * step[2]), hn::LoadU(d, line[3] + place * step[3]),
                               hn::LoadU(d, line[4] + place * step[4]), hn::LoadU(d, line[5] + place * step[5])});
          }
          SHOAL_UNROLL for (int r = 0; r < 6; ++r) hn::Store(out.v[r], d, half + (r * 6 + j) * kLanes);
        }
      }
      SHOAL_UNROLL for (int r = 0; r < 6; ++r) {
        const Six out = inputs_line(load_six(half + r * 6 * kLanes));
        SHOAL_UNROLL for (int j = 0; j < 6; ++j) hn::StoreU(out.v[j], d, to + (r * 6 + j) * plane);
      }
    }
  }
}

HWY_NOINLINE void take_gradients(const WinogradTiles& t, const float* dy, float* planes) {
  const D d;
  const Conv2DShape& s = *t.shape;
  const std::int64_t channels = s.co, row = s.ow * channels, plane = t.plane;
  HWY_ALIGN float half[24 * kLanes];
  for (std::int64_t i = 0; i < t.count; ++i) {
    const Corner at(s, t.first + i);
    const float* first = dy + (at.image * s.oh + at.y) * row + at.x * channels;
    const std::int64_t lines = std::min<std::int64_t>(4, s.oh - at.y), pixels = std::min<std::int64_t>(4, s.ow - at.x);
    float* to = planes + i * channels;
    for (std::int64_t c = 0; c < channels; c += kLanes, to += kLanes) {
      SHOAL_UNROLL for (int j = 0; j < 4; ++j) {
        const float* from = first + j * channels + c;
        Four in = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        if (j < pixels) {
          SHOAL_UNROLL for (int r = 0; r < 4; ++r) {
            if (r < lines) in.v[r] = hn::LoadU(d, from + r * row);
          }
        }
        const Six out = gradients_line(in);
        SHOAL_UNROLL for (int r = 0; r < 6; ++r) hn::Store(out.v[r], d, half + (r * 4 + j) * kLanes);
      }
      SHOAL_UNROLL for (int r = 0; r < 6; ++r) {
        const float* from = half + r * 4 * kLanes;
        const Six out = gradients_line({hn::Load(d, from), hn::Load(d, from + kLanes), hn::Load(d, from + 2 * kLanes),
                                        hn::Load(d, from + 3 * kLanes)});
        SHOAL_UNROLL for (int j = 0; j < 6; ++j) hn::StoreU(out.v[j], d, to + (r * 6 + j) * plane);
      }
    }
  }
}

HWY_NOINLINE void give_outputs(const WinogradTiles& t, const float* planes, const float* bias, bool relu, float* y) {
  const D d;
  const V zero = hn::Zero(d);
  const Conv2DShape& s = *t.shape;
  const std::int64_t channels = s.co, row = s.ow * channels, plane = t.plane;
  HWY_ALIGN float half[24 * kLanes];
  for (std::int64_t i = 0; i < t.count; ++i) {
    const Corner at(s, t.first + i);
    float* const first = y + (at.image * s.oh + at.y) * row + at.x * channels;
    const std::int64_t lines = std::min<std::int64_t>(4, s.oh - at.y), pixels = std::min<std::int64_t>(4, s.ow - at.x);
    const float* from = planes + i * channels;
    for (std::int64_t c = 0; c < channels; c += kLanes, from += kLanes) {
      ask_for<1>(first + 4 * row, row, channels, c);
      const V addend = bias ? hn::LoadU(d, bias + c) : zero;
      SHOAL_UNROLL for (int j = 0; j < 6; ++j) {
        const Four out = outputs_line({hn::LoadU(d, from + j * plane), hn::LoadU(d, from + (6 + j) * plane),
                                       hn::LoadU(d, from + (12 + j) * plane), hn::LoadU(d, from + (18 + j) * plane),
                                       hn::LoadU(d, from + (24 + j) * plane), hn::LoadU(d, from + (30 + j) * plane)});
        SHOAL_UNROLL for (int r = 0; r < 4; ++r) hn::Store(out.v[r], d, half + (r * 6 + j) * kLanes);
      }
      SHOAL_UNROLL for (int r = 0; r < 4; ++r) {
        if (r < lines) {
          const Four out = outputs_line(load_six(half + r * 6 * kLanes));
          SHOAL_UNROLL for (int j = 0; j < 4; ++j) {
            V value = hn::Add(out.v[j], addend);
            if (relu) value = hn::IfThenZeroElse(hn::Lt(value, zero), value);  // NaN stays
            if (j < pixels) hn::StoreU(value, d, first + r * row + j * channels + c);
          }
        }
      }
    }
  }
}

HWY_NOINLINE void take_kernel(std::int64_t n, const float* taps, std::int64_t step, float* planes, std::int64_t plane) {
  const D d;
  HWY_ALIGN float half[18 * kLanes];
  for (std::int64_t i = 0; i < n; i += kLanes, taps += kLanes, planes += kLanes) {
    SHOAL_UNROLL for (int j = 0; j < 3; ++j) {
      const float* from = taps + j * step;
      const Six out = kernel_line(hn::LoadU(d, from), hn::LoadU(d, from + 3 * step), hn::LoadU(d, from + 6 * step));
      SHOAL_UNROLL for (int r = 0; r < 6; ++r) hn::Store(out.v[r], d, half + (r * 3 + j) * kLanes);
    }
    SHOAL_UNROLL for (int r = 0; r < 6; ++r) {
      const float* from = half + r * 3 * kLanes;
      const Six out = kernel_line(hn::Load(d, from), hn::Load(d, from + kLanes), hn::Load(d, from + 2 * kLanes));
      SHOAL_UNROLL for (int j = 0; j < 6; ++j) hn::StoreU(out.v[j], d, planes + (r * 6 + j) * plane);
    }
  }
}

HWY_NOINLINE void give_kernel(std::int64_t n, const float* planes, std::int64_t plane, float* taps, std::int64_t step) {
  const D d;
  HWY_ALIGN float half[18 * kLanes];
  for (std::int64_t i = 0; i < n; i += kLanes, taps += kLanes, planes += kLanes) {
    SHOAL_UNROLL for (int j = 0; j < 6; ++j) {
      const float* from = planes + j * plane;
      const Three out = kernel_gradient_line({hn::LoadU(d, from), hn::LoadU(d, from + 6 * plane),
                                              hn::LoadU(d, from + 12 * plane), hn::LoadU(d, from + 18 * plane),
                                              hn::LoadU(d, from + 24 * plane), hn::LoadU(d, from + 30 * plane)});
      SHOAL_UNROLL for (int r = 0; r < 3; ++r) hn::Store(out.v[r], d, half + (r * 6 + j) * kLanes);
    }
    SHOAL_UNROLL for (int r = 0; r < 3; ++r) {
      const Three out = kernel_gradient_line(load_six(half + r * 6 * kLanes));
      SHOAL_UNROLL for (int j = 0; j < 3; ++j) {
        float* to = taps + (r * 3 + j) * step;
        hn::StoreU(hn::Add(hn::LoadU(d, to), out.v[j]), d, to);
      }
    }
  }
}

void fill_winograd(WinogradSteps& steps) {
  steps.take_inputs = take_inputs;
  steps.give_outputs = give_outputs;
  steps.take_gradients = take_gradients;
  steps.take_kernel = take_kernel;
  steps.give_kernel = give_kernel;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_winograd(Target target, WinogradSteps& steps) { SHOAL_FOR_TARGET(target, fill_winograd(steps)); }

}  // namespace shoal::kernels::fast
#endif
