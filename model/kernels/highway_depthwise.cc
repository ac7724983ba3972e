#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_depthwise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/reach.h"

// Each lane is a channel.
HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

template <bool kWhole>
HWY_INLINE V load(M valid, const float* from) {
  const D d;
  return kWhole ? hn::LoadU(d, from) : hn::MaskedLoad(valid, d, from);
}

template <bool kWhole>
HWY_INLINE void store(V value, M valid, float* to) {
  const D d;
  if (kWhole) {
    hn::StoreU(value, d, to);
  } else {
    hn::BlendedStore(value, valid, d, to);
  }
}

// Calls visit.template operator()<all lanes exist>(first channel, mask) for each vector of channels.
template <class Visit>
HWY_INLINE void for_channels(std::int64_t channels, Visit visit) {
  const D d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d)), whole = channels / lanes * lanes;
  const M all = hn::FirstN(d, hn::Lanes(d));
  for (std::int64_t c = 0; c < whole; c += lanes) visit.template operator()<true>(c, all);
  if (whole < channels) {
    visit.template operator()<false>(whole, hn::FirstN(d, static_cast<std::size_t>(channels - whole)));
  }
}

// Output pixels beside each other that all see the kernel's cells [rows] x [columns]; `origin` is the place of the
// first one's cell (0, 0) in x, perhaps outside.
template <bool kWhole, int kPixels>
HWY_INLINE void pixels(const Conv2DShape& s, Range rows, Range columns, std::int64_t origin, const float* x,
                       const float* kernel, std::int64_t cell, M valid, float* y) {
  V sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = hn::Zero(D());
  for (std::int64_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int64_t kx = columns.begin; kx < columns.end; ++kx) {
      const V weight = load<kWhole>(valid, kernel + (ky * s.kw + kx) * cell);
      const float* from = x + origin + (ky * s.dilation_h * s.w + kx * s.dilation_w) * s.ci;
      for (int p = 0; p < kPixels; ++p) {
        sums[p] = hn::MulAdd(weight, load<kWhole>(valid, from + p * s.stride_w * s.ci), sums[p]);
      }
    }
  }
  for (int p = 0; p < kPixels; ++p) store<kWhole>(sums[p], valid, y + p * s.ci);
}

void depthwise(const Conv2DShape& s, const float* x, const float* kernel, std::int64_t cell, float* y) {
  constexpr int kPixels = 4;
  // the pixels whose windows lie inside from left to right
  const Range inner = reach(s.ow, s.w - (s.kw - 1) * s.dilation_w, s.stride_w, -s.pad_left);
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.ci) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy, y += s.ow * s.ci) {
      const std::int64_t top = oy * s.stride_h - s.pad_top;
      const Range rows = reach(s.kh, s.h, s.dilation_h, top);
      for_channels(s.ci, [&]<bool kWhole>(std::int64_t c, M valid) HWY_ATTR {
        for (std::int64_t ox = 0; ox < s.ow;) {
          const std::int64_t left = ox * s.stride_w - s.pad_left, origin = (top * s.w + left) * s.ci + c;
          const Range columns = reach(s.kw, s.w, s.dilation_w, left);
          float* to = y + ox * s.ci + c;
          if (ox >= inner.begin && ox + kPixels <= inner.end) {
            pixels<kWhole, kPixels>(s, rows, columns, origin, x, kernel + c, cell, valid, to);
            ox += kPixels;
          } else {
            pixels<kWhole, 1>(s, rows, columns, origin, x, kernel + c, cell, valid, to);
            ++ox;
          }
        }
      });
    }
  }
}

// Calls visit(output pixel, input pixel, pixels, kernel cell) as far as the cell reaches inside; the next pixel of the
// input is stride_w further.
template <class Visit>
HWY_INLINE void for_lines(const Conv2DShape& s, std::int64_t ky, std::int64_t kx, Visit visit) {
  const std::int64_t below = ky * s.dilation_h - s.pad_top, beside = kx * s.dilation_w - s.pad_left;
  const Range oy = reach(s.oh, s.h, s.stride_h, below), ox = reach(s.ow, s.w, s.stride_w, beside);
  for (std::int64_t row = oy.begin; row < oy.end; ++row) {
    visit(row * s.ow + ox.begin, (row * s.stride_h + below) * s.w + ox.begin * s.stride_w + beside, ox.end - ox.begin);
  }
}

void depthwise_scatter(const Conv2DShape& s, const float* dy, const float* kernel, float* dx) {
  for (std::int64_t image = 0; image < s.batch; ++image, dy += s.oh * s.ow * s.ci, dx += s.h * s.w * s.ci) {
    for_channels(s.ci, [&]<bool kWhole>(std::int64_t c, M valid) HWY_ATTR {
      for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
        const V weight = load<kWhole>(valid, kernel + cell * s.ci + c);
        for_lines(s, cell / s.kw, cell % s.kw,
                  [&](std::int64_t output, std::int64_t input, std::int64_t count) HWY_ATTR {
                    const float* from = dy + output * s.ci + c;
                    float* to = dx + input * s.ci + c;
                    for (std::int64_t i = 0; i < count; ++i, from += s.ci, to += s.stride_w * s.ci) {
                      const V sum = hn::MulAdd(weight, load<kWhole>(valid, from), load<kWhole>(valid, to));
                      store<kWhole>(sum, valid, to);
                    }
                  });
      }
    });
  }
}

// An image's share is four chains (pixels of a line in turn), added up at its end: the cut of the batch changes no bit.
void depthwise_kernel_gradient(const Conv2DShape& s, const float* x, const float* dy, float* dkernel) {
  for (std::int64_t image = 0; image < s.batch; ++image, x += s.h * s.w * s.ci, dy += s.oh * s.ow * s.ci) {
    for_channels(s.ci, [&]<bool kWhole>(std::int64_t c, M valid) HWY_ATTR {
      for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
        V sums[4];
        for (V& sum : sums) sum = hn::Zero(D());
        for_lines(
            s, cell / s.kw, cell % s.kw, [&](std::int64_t output, std::int64_t input, std::int64_t count) HWY_ATTR {
              const float *a = x + input * s.ci + c, *b = dy + output * s.ci + c;
              const std::int64_t step = s.stride_w * s.ci;
              std::int64_t i = 0;
              for (; i + 4 <= count; i += 4, a += 4 * step, b += 4 * s.ci) {
                for (int p = 0; p < 4; ++p) {
                  sums[p] = hn::MulAdd(load<kWhole>(valid, a + p * step), load<kWhole>(valid, b + p * s.ci), sums[p]);
                }
              }
              for (; i < count; ++i, a += step, b += s.ci) {
                sums[0] = hn::MulAdd(load<kWhole>(valid, a), load<kWhole>(valid, b), sums[0]);
              }
            });
        float* to = dkernel + cell * s.ci + c;
        const V sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
        store<kWhole>(hn::Add(load<kWhole>(valid, to), sum), valid, to);
      }
    });
  }
}

void fill_depthwise(Level& level) {
  level.depthwise = depthwise;
  level.depthwise_scatter = depthwise_scatter;
  level.depthwise_kernel_gradient = depthwise_kernel_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_depthwise(Target target, Level& level) { SHOAL_FOR_TARGET(target, fill_depthwise(level)); }

}  // namespace shoal::kernels::fast
#endif
