#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "model/kernels/table.h"

namespace shoal::kernels::fast {

// The input extent that the outputs of a convolution read, and whether it differs from the input.
struct Extent {
  std::int64_t h, w;
  bool padded;
  std::int64_t elements(const Conv2DShape& s) const { return h * w * s.ci; }
};

inline Extent extent(const Conv2DShape& s) {
  const std::int64_t h = (s.oh - 1) * s.stride_h + s.kh, w = (s.ow - 1) * s.stride_w + s.kw;
  const bool padded = s.pad_top != 0 || s.pad_left != 0 || h > s.h || w > s.w;
  return {padded ? h : s.h, padded ? w : s.w, padded};
}

// One image inside the zeros of its extent; what lies outside is dropped.
inline void pad(const Conv2DShape& s, const Extent& e, const float* image, float* to) {
  const std::int64_t c = s.ci;
  const std::int64_t x0 = std::clamp<std::int64_t>(s.pad_left, 0, e.w);
  const std::int64_t x1 = std::clamp<std::int64_t>(s.pad_left + s.w, x0, e.w);
  for (std::int64_t y = 0; y < e.h; ++y, to += e.w * c) {
    const std::int64_t source = y - s.pad_top;
    if (source < 0 || source >= s.h || x0 == x1) {
      std::fill_n(to, e.w * c, 0.0f);
      continue;
    }
    std::fill_n(to, x0 * c, 0.0f);
    std::memcpy(to + x0 * c, image + (source * s.w + x0 - s.pad_left) * c,
                static_cast<std::size_t>((x1 - x0) * c) * sizeof(float));
    std::fill_n(to + x1 * c, (e.w - x1) * c, 0.0f);
  }
}

// The image out of its extent; zeros where nothing was read.
inline void crop(const Conv2DShape& s, const Extent& e, const float* from, float* image) {
  const std::int64_t c = s.ci;
  const std::int64_t x0 = std::clamp<std::int64_t>(s.pad_left, 0, e.w);
  const std::int64_t x1 = std::clamp<std::int64_t>(s.pad_left + s.w, x0, e.w);
  for (std::int64_t y = 0; y < s.h; ++y, image += s.w * c) {
    const std::int64_t source = y + s.pad_top;
    std::int64_t copied = 0;
    if (source < e.h && x0 < x1) {
      copied = x1 - x0;
      std::memcpy(image, from + (source * e.w + x0) * c, static_cast<std::size_t>(copied * c) * sizeof(float));
    }
    std::fill_n(image + copied * c, (s.w - copied) * c, 0.0f);
  }
}

}  // namespace shoal::kernels::fast
