#pragma once

#include <cstdint>

namespace shoal::kernels {

// `total` in as few pieces of at most `most` as possible, sizes differing by one at most: 30 in pieces of 14 is
// 10 + 10 + 10. visit(begin, size) in order.
template <class Visit>
void split_evenly(std::int64_t total, std::int64_t most, Visit visit) {
  const std::int64_t pieces = (total + most - 1) / most;
  std::int64_t begin = 0;
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    const std::int64_t size = (total - begin) / (pieces - piece);
    visit(begin, size);
    begin += size;
  }
}

}  // namespace shoal::kernels
