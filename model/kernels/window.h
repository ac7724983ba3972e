#pragma once

#include <algorithm>
#include <cstdint>

#include "model/kernels/table.h"

namespace shoal::kernels {

// The cells of a pooling window inside the input: [top, bottom) x [left, right).
struct Window {
  std::int64_t top, bottom, left, right;
  std::int64_t count() const { return (bottom - top) * (right - left); }
};

inline Window window(const Pool2DShape& s, std::int64_t oy, std::int64_t ox) {
  const std::int64_t y = oy * s.stride_h - s.pad_top, x = ox * s.stride_w - s.pad_left;
  return {std::max<std::int64_t>(y, 0), std::min(y + s.ph, s.h), std::max<std::int64_t>(x, 0), std::min(x + s.pw, s.w)};
}

}  // namespace shoal::kernels
