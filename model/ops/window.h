#pragma once

#include <array>
#include <string>

#include "model/graph/attributes.h"

namespace shoal::ops {

// Padding resolved to cells: "valid" none; "same" so that there are ceil(cells / stride) outputs, the odd cell after;
// "causal" all that the window needs, before. `place` is named in errors.
graph::WindowAttributes window(const char* place, const Shape& input, std::array<std::int64_t, 2> size,
                               std::array<std::int64_t, 2> strides, const std::string& padding,
                               std::array<std::int64_t, 2> dilation = {1, 1});

}  // namespace shoal::ops
