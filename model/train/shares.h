#pragma once

#include <cstdint>
#include <vector>

namespace shoal::train {

// Rows [begin, end) of a batch or of a data set that belong to one worker: all are as equal as can be, none is left
// out, and a worker may have none.
struct Share {
  std::int64_t begin = 0, end = 0;
  std::int64_t rows() const { return end - begin; }
};

inline Share share_of(std::int64_t rows, int rank, int workers) {
  return {rows * rank / workers, rows * (rank + 1) / workers};
}

inline std::int64_t batches_of(std::int64_t samples, std::int64_t batch) { return (samples + batch - 1) / batch; }

// The order of an epoch's samples: a shuffle that depends on the two keys alone, or 0, 1, 2, ...
void write_order(std::vector<std::int64_t>& order, bool shuffle, std::uint64_t seed, std::uint64_t epoch_key);

}  // namespace shoal::train
