#include "model/ops/conv.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/shape.h"
#include "model/ops/window.h"

// One spatial axis is a picture of height 1.
namespace shoal::ops {
namespace {

using graph::make;
using Pair = std::array<std::int64_t, 2>;

bool is_line(const Tensor& x) { return x.shape().rank() == 3; }
Tensor image_of(const Tensor& x) { return is_line(x) ? expand_dims(x, 1) : x; }
Tensor kernel_of(const Tensor& x, const Tensor& kernel) { return is_line(x) ? expand_dims(kernel, 0) : kernel; }
Tensor like(const Tensor& x, const Tensor& image) { return is_line(x) ? squeeze(image, 1) : image; }

Pair pair_of(const char* place, const Tensor& x, const Sizes& sizes, std::int64_t of_height = 1) {
  if (sizes.size() != (is_line(x) ? 1 : 2))
    raise("{}: an input of shape {} takes one number for each spatial axis, received {}", place, x.shape().to_string(),
          sizes.size());
  return is_line(x) ? Pair{of_height, sizes[0]} : Pair{sizes[0], sizes[1]};
}

Pair pair_or_ones(const char* place, const Tensor& x, const Sizes& sizes) {
  return sizes.empty() ? Pair{1, 1} : pair_of(place, x, sizes);
}

void check_kernel(const char* place, const Tensor& x, const Tensor& kernel) {
  const int rank = is_line(x) ? 3 : 4;
  if (kernel.shape().rank() != rank)
    raise("{}: the kernel of an input of shape {} must have rank {}, received shape {}", place, x.shape().to_string(),
          rank, kernel.shape().to_string());
}

graph::WindowAttributes conv_window(const char* place, const Tensor& x, const Tensor& image, const Tensor& kernel,
                                    const Sizes& strides, const std::string& padding, const Sizes& dilation_rate) {
  return window(place, image.shape(), {kernel.shape()[0], kernel.shape()[1]}, pair_or_ones(place, x, strides), padding,
                pair_or_ones(place, x, dilation_rate));
}

// The cells of one axis of conv_transpose, and those of the full result that are dropped before the first.
struct Transposed {
  std::int64_t cells, before;
};

Transposed transposed(std::int64_t n, std::int64_t extent, std::int64_t stride, bool same,
                      std::optional<std::int64_t> output_padding) {
  if (!same) return {(n - 1) * stride + extent + output_padding.value_or(std::max(extent, stride) - extent), 0};
  const std::int64_t cells = output_padding ? (n - 1) * stride + extent % 2 + *output_padding : n * stride;
  const std::int64_t length = output_padding ? extent + extent % 2 - 2 + *output_padding : stride + extent - 2;
  return {cells, extent - 1 - std::min(length / 2 + length % 2, extent - 1)};
}

}  // namespace

Tensor conv(const Tensor& x, const Tensor& kernel, const Sizes& strides, const std::string& padding,
            const Sizes& dilation_rate) {
  check_kernel("conv2d", x, kernel);
  const Tensor image = image_of(x), square = kernel_of(x, kernel);
  auto w = conv_window("conv2d", x, image, square, strides, padding, dilation_rate);
  const std::int64_t channels = image.shape()[3], in = square.shape()[2];
  if (in > 0 && channels % in == 0) w.groups = channels / in;
  return like(x, make("conv2d", {image, square}, std::move(w)));
}

Tensor depthwise_conv(const Tensor& x, const Tensor& kernel, const Sizes& strides, const std::string& padding,
                      const Sizes& dilation_rate) {
  check_kernel("depthwise_conv2d", x, kernel);
  const Tensor image = image_of(x), square = kernel_of(x, kernel);
  const Shape& shape = square.shape();
  if (image.shape().rank() == 4 && image.shape()[3] != shape[2])
    raise("depthwise_conv2d: the input of shape {} has {} channels, the kernel of shape {} wants {}",
          x.shape().to_string(), image.shape()[3], kernel.shape().to_string(), shape[2]);
  auto w = conv_window("depthwise_conv2d", x, image, square, strides, padding, dilation_rate);
  w.groups = shape[2];
  const Tensor grouped = reshape(square, {shape[0], shape[1], 1, shape[2] * shape[3]});
  return like(x, make("conv2d", {image, grouped}, std::move(w)));
}

Tensor conv_transpose(const Tensor& x, const Tensor& kernel, const Sizes& strides, const std::string& padding,
                      const std::optional<Sizes>& output_padding, const Sizes& dilation_rate) {
  constexpr const char* kPlace = "conv_transpose";
  check_kernel(kPlace, x, kernel);
  if (padding != "valid" && padding != "same")
    raise("{}: padding must be 'valid' or 'same', received '{}'", kPlace, padding);
  const Tensor image = image_of(x), square = kernel_of(x, kernel);
  if (image.shape().rank() != 4)
    raise("{}: the input must be (rows, height, width, channels), received shape {}", kPlace, x.shape().to_string());
  if (image.shape()[3] != square.shape()[3])
    raise("{}: the input of shape {} has {} channels, the kernel of shape {} wants {}", kPlace, x.shape().to_string(),
          image.shape()[3], kernel.shape().to_string(), square.shape()[3]);
  graph::WindowAttributes w = conv_window(kPlace, x, image, square, strides, "valid", dilation_rate);
  const Pair extra = output_padding ? pair_of(kPlace, x, *output_padding, 0) : Pair{0, 0};
  std::vector<std::int64_t> dims = image.shape().dims();
  for (std::size_t i : {0, 1}) {
    const std::int64_t extent = (w.size[i] - 1) * w.dilation[i] + 1, full = (dims[i + 1] - 1) * w.strides[i] + extent;
    if (extra[i] < 0 || extra[i] >= w.strides[i])
      raise("{}: output_padding must be at least 0 and less than the stride {}, received {}", kPlace, w.strides[i],
            extra[i]);
    const auto [cells, before] = transposed(dims[i + 1], extent, w.strides[i], padding == "same",
                                            output_padding ? std::optional(extra[i]) : std::nullopt);
    if (cells <= 0)
      raise("{}: nothing is left of an axis of {} cells with a window of {} and output_padding {}", kPlace, dims[i + 1],
            extent, extra[i]);
    w.pad_before[i] = before;
    w.pad_after[i] = std::max<std::int64_t>(full - before - cells, 0);
    dims[i + 1] = cells;
  }
  dims[3] = square.shape()[2];
  w.input_shape = Shape(std::move(dims));
  return like(x, make("conv2d_input_gradient", {square, image}, std::move(w)));
}

Tensor max_pool(const Tensor& x, const Sizes& pool_size, const Sizes& strides, const std::string& padding) {
  const Tensor image = image_of(x);
  return like(x, make("max_pool", {image},
                      window("max_pool", image.shape(), pair_of("max_pool", x, pool_size),
                             pair_of("max_pool", x, strides.empty() ? pool_size : strides), padding)));
}

Tensor average_pool(const Tensor& x, const Sizes& pool_size, const Sizes& strides, const std::string& padding) {
  const Tensor image = image_of(x);
  return like(x, make("average_pool", {image},
                      window("average_pool", image.shape(), pair_of("average_pool", x, pool_size),
                             pair_of("average_pool", x, strides.empty() ? pool_size : strides), padding)));
}

}  // namespace shoal::ops
