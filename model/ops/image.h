#pragma once

#include <array>
#include <string>

#include "model/tensor/tensor.h"

namespace shoal::ops::image {

// images (rows, height, width, channels) -> (rows, size..., channels). interpolation "nearest", "bilinear", "bicubic",
// "lanczos3" or "lanczos5", without antialiasing; centers of pixels lie at halves.
Tensor resize(const Tensor& images, std::array<std::int64_t, 2> size, const std::string& interpolation = "bilinear");

}  // namespace shoal::ops::image
