#pragma once

#include <algorithm>
#include <cstdint>

namespace shoal::kernels {

struct Range {
  std::int64_t begin = 0, end = 0;
};

// Outputs o in [0, outputs) with 0 <= o * stride + offset < inputs: those that one kernel cell reaches without padding.
inline Range reach(std::int64_t outputs, std::int64_t inputs, std::int64_t stride, std::int64_t offset) {
  const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const std::int64_t end = offset >= inputs ? 0 : (inputs - offset + stride - 1) / stride;
  return {std::min(begin, outputs), std::max(std::min(begin, outputs), std::min(end, outputs))};
}

}  // namespace shoal::kernels
