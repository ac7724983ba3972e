#pragma once

#include "model/kernels/table.h"

// Winograd's F(4x4, 3x3): 4 x 4 outputs of a 3 x 3 convolution by 36 products for each pair of channels instead of 144.
// Tiles, kernel and gradients are taken apart into 36 planes; plane by plane they are multiplied as matrices.
namespace shoal::kernels {

constexpr std::int64_t kWinogradPlanes = 36;

// Whether convolutions of this shape take it where a level has it: by shape alone, whatever the batch. Never with
// SHOAL_WINOGRAD=0 in the environment.
bool takes_winograd(const Conv2DShape& shape);

// The convolution that the input gradient of one with stride 1 is: of dy, with the kernel turned around.
inline Conv2DShape turned(const Conv2DShape& s) {
  Conv2DShape t = s;
  t.h = s.oh;
  t.w = s.ow;
  t.ci = s.co;
  t.oh = s.h;
  t.ow = s.w;
  t.co = s.ci;
  t.pad_top = s.kh - 1 - s.pad_top;
  t.pad_left = s.kw - 1 - s.pad_left;
  return t;
}

// Elements from plane to plane of a kernel taken apart: matrices [ci, co]. Not a multiple of a cache way's 4 KB.
inline std::int64_t winograd_plane(std::int64_t elements) { return elements + 16; }

}  // namespace shoal::kernels
