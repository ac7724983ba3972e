#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "model/kernels/padded_image.h"

// What both gradients of a convolution with a sparse dy need to know.
namespace shoal::kernels::fast {

inline std::int64_t ceil_to(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

// Where dy comes from: single outputs of the convolution, or windows of four of them.
struct Places {
  Conv2DShape s;  // of the outputs that can have a gradient
  Extent e;
  bool pooled;
  std::int64_t rows, columns;       // of dy
  std::int64_t out_row, out_pixel;  // steps of an output in the extent

  Places(const Conv2DShape& shape, bool is_pooled) : s(shape), pooled(is_pooled) {
    rows = pooled ? s.oh / 2 : s.oh;
    columns = pooled ? s.ow / 2 : s.ow;
    if (pooled) {
      s.oh = 2 * rows;
      s.ow = 2 * columns;
    }
    e = extent(s);
    out_row = s.stride_h * e.w * s.ci;
    out_pixel = s.stride_w * s.ci;
  }
  std::int64_t pixels() const { return rows * columns; }
  std::int64_t taps() const { return s.kh * s.kw * s.ci; }
  // Of the first output of a pixel of dy.
  std::int32_t place(std::int64_t pixel) const {
    const std::int64_t step = pooled ? 2 : 1;
    return static_cast<std::int32_t>(step * (pixel / columns * out_row + pixel % columns * out_pixel));
  }
  std::int64_t input() const { return s.h * s.w * s.ci; }
};

// Consecutive pieces of scratch, each aligned; without memory they are only counted.
class Pieces {
 public:
  explicit Pieces(void* scratch) : scratch_(static_cast<std::byte*>(scratch)) {}
  template <class T>
  T* take(std::int64_t count) {
    T* piece = scratch_ ? reinterpret_cast<T*>(scratch_ + used_) : nullptr;
    used_ += ceil_to(count * static_cast<std::int64_t>(sizeof(T)), 64);
    return piece;
  }
  std::size_t used() const { return static_cast<std::size_t>(used_); }

 private:
  std::byte* scratch_;
  std::int64_t used_ = 0;
};

}  // namespace shoal::kernels::fast
