#include "model/ops/image.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/base/error.h"
#include "model/ops/math.h"
#include "model/ops/shape.h"

namespace shoal::ops::image {
namespace {

// The weight of a pixel at distance x.
using Filter = double (*)(double x);

double triangle(double x) { return std::max(0.0, 1 - x); }

// Keys's cubic with a = -1/2.
double cubic(double x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

template <int kRadius>
double lanczos(double x) {
  if (x > kRadius) return 0;
  if (x <= 1e-3) return 1;
  const double angle = std::numbers::pi * x;
  return kRadius * std::sin(angle) * std::sin(angle / kRadius) / (angle * angle);
}

Filter filter_of(const std::string& interpolation) {
  if (interpolation == "bilinear") return triangle;
  if (interpolation == "bicubic") return cubic;
  if (interpolation == "lanczos3") return lanczos<3>;
  if (interpolation == "lanczos5") return lanczos<5>;
  raise("resize: interpolation must be 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5', received '{}'",
        interpolation);
}

// [from, to]: column j holds the weights of the pixels that pixel j of the result is made of.
Tensor weights(std::int64_t from, std::int64_t to, const std::string& interpolation, DType dtype) {
  std::vector<double> matrix(static_cast<std::size_t>(from * to), 0.0);
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t j = 0; j < to; ++j) {
    const double center = (static_cast<double>(j) + 0.5) * scale;
    const auto cell = [&](std::int64_t i) -> double& { return matrix[static_cast<std::size_t>(i * to + j)]; };
    if (interpolation == "nearest") {
      cell(std::min(static_cast<std::int64_t>(center), from - 1)) = 1;
      continue;
    }
    const Filter filter = filter_of(interpolation);
    double sum = 0;
    for (std::int64_t i = 0; i < from; ++i) sum += cell(i) = filter(std::abs(center - 0.5 - static_cast<double>(i)));
    for (std::int64_t i = 0; i < from; ++i) cell(i) /= sum;
  }
  return Tensor(matrix, Shape{from, to}).astype(dtype);
}

}  // namespace

// A product with the weights of each axis in turn.
Tensor resize(const Tensor& images, std::array<std::int64_t, 2> size, const std::string& interpolation) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4)
    raise("resize: images must be (rows, height, width, channels), received shape {}", shape.to_string());
  if (size[0] <= 0 || size[1] <= 0) raise("resize: size must be positive, received ({}, {})", size[0], size[1]);
  const Tensor down = weights(shape[1], size[0], interpolation, images.dtype());
  const Tensor across = weights(shape[2], size[1], interpolation, images.dtype());
  const Tensor wide = matmul(transpose(images, {0, 3, 1, 2}), across);  // (rows, channels, height, size[1])
  const Tensor full = matmul(transpose(wide, {0, 1, 3, 2}), down);      // (rows, channels, size[1], size[0])
  return transpose(full, {0, 3, 2, 1});
}

}  // namespace shoal::ops::image
