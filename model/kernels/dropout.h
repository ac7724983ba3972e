#pragma once

#include <cstdint>

namespace shoal::kernels {

// y = 0 where word e of the draws of a row is below `threshold`, else x * scale. The words of row r are Philox-4x32-10
// (common/base/random.h) of (key, first_row + r): the same bits whoever computes them, at every level.
template <class T>
struct DropoutArgs {
  std::uint64_t key = 0;
  std::int64_t first_row = 0, rows = 0, elements = 0;  // elements of one row
  std::uint32_t threshold = 0;
  T scale = T(1);
  const T* x = nullptr;
  T* y = nullptr;
};

}  // namespace shoal::kernels
