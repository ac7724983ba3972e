#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

// Convolutions and pooling over x (rows, time, channels) or (rows, height, width, channels): one or two spatial axes.
namespace shoal::ops {

// One number for each spatial axis; empty: 1 for each.
using Sizes = std::vector<std::int64_t>;

// kernel (size..., in / groups, out) -> (rows, sizes..., out): the groups follow from the channels of x and kernel.
// padding "valid", "same" (TensorFlow's rule: the odd cell goes after) or "causal" (all of it before).
Tensor conv(const Tensor& x, const Tensor& kernel, const Sizes& strides = {}, const std::string& padding = "valid",
            const Sizes& dilation_rate = {});
// Each channel alone: kernel (size..., in, multiplier), output channel c * multiplier + m.
Tensor depthwise_conv(const Tensor& x, const Tensor& kernel, const Sizes& strides = {},
                      const std::string& padding = "valid", const Sizes& dilation_rate = {});
// The transpose of conv: kernel (size..., out, in). "valid" gives (n - 1) * stride + max(size, stride) cells, "same"
// n * stride; with output_padding p (n - 1) * stride + size + p, or size % 2 in the place of size.
Tensor conv_transpose(const Tensor& x, const Tensor& kernel, const Sizes& strides = {},
                      const std::string& padding = "valid", const std::optional<Sizes>& output_padding = {},
                      const Sizes& dilation_rate = {});

// Padding never wins, and is not counted in the mean. `strides` empty: pool_size.
Tensor max_pool(const Tensor& x, const Sizes& pool_size, const Sizes& strides = {},
                const std::string& padding = "valid");
Tensor average_pool(const Tensor& x, const Sizes& pool_size, const Sizes& strides = {},
                    const std::string& padding = "valid");

}  // namespace shoal::ops
