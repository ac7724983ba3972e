#include "model/ops/window.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal::ops {

graph::WindowAttributes window(const char* place, const Shape& input, std::array<std::int64_t, 2> size,
                               std::array<std::int64_t, 2> strides, const std::string& padding,
                               std::array<std::int64_t, 2> dilation) {
  if (padding != "valid" && padding != "same" && padding != "causal")
    raise("{}: padding must be 'valid', 'same' or 'causal', received '{}'", place, padding);
  if (input.rank() != 4)
    raise("{}: the input must be (rows, height, width, channels), received shape {}", place, input.to_string());
  graph::WindowAttributes result{.size = size, .strides = strides, .input_shape = input, .dilation = dilation};
  for (std::size_t i : {0, 1}) {
    if (size[i] <= 0 || strides[i] <= 0 || dilation[i] <= 0)
      raise(
          "{}: window, strides and dilation must be positive, received window ({}, {}), strides ({}, {}), dilation "
          "({}, {})",
          place, size[0], size[1], strides[0], strides[1], dilation[0], dilation[1]);
    const std::int64_t cells = input[static_cast<int>(i) + 1], extent = (size[i] - 1) * dilation[i] + 1;
    if (padding == "causal") result.pad_before[i] = extent - 1;
    if (padding != "same") continue;
    const std::int64_t outputs = (cells + strides[i] - 1) / strides[i];
    const std::int64_t padded = std::max<std::int64_t>((outputs - 1) * strides[i] + extent - cells, 0);
    result.pad_before[i] = padded / 2;
    result.pad_after[i] = padded - padded / 2;
  }
  return result;
}

}  // namespace shoal::ops
