#pragma once

#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {

inline const graph::WindowAttributes& window_of(const graph::Attributes& attributes) {
  const auto* fused = std::get_if<graph::FusedAttributes>(&attributes);
  return fused ? fused->window : std::get<graph::WindowAttributes>(attributes);
}

// Of one row of the batch; `x` and `y` are the shapes of input and output.
inline kernels::Conv2DShape convolution(const graph::WindowAttributes& w, const Shape& x, const Shape& y) {
  return {.batch = 1,
          .h = x[1],
          .w = x[2],
          .ci = x[3],
          .kh = w.size[0],
          .kw = w.size[1],
          .co = y[3],
          .oh = y[1],
          .ow = y[2],
          .stride_h = w.strides[0],
          .stride_w = w.strides[1],
          .pad_top = w.pad_before[0],
          .pad_left = w.pad_before[1],
          .dilation_h = w.dilation[0],
          .dilation_w = w.dilation[1],
          .groups = w.groups};
}

}  // namespace shoal::plan
