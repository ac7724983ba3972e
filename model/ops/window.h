#pragma once

#include <array>
#include <string>

#include "model/graph/attributes.h"

namespace shoal::ops {

// Padding resolved to cells. `place` is named in errors.
graph::WindowAttributes window(const char* place, const Shape& input, std::array<std::int64_t, 2> size,
                               std::array<std::int64_t, 2> strides, const std::string& padding);

}  // namespace shoal::ops
