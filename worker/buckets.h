#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace shoal::worker {

// Neighbouring variables whose gradients travel together.
struct Bucket {
  int first = 0, last = 0;  // variables [first, last)
};

// Walks from the last variable, whose gradient is ready first, to the first, and joins neighbours as long as they stay
// within `bucket_bytes` together; a variable larger than that stands alone. The result is in the order of variables.
std::vector<Bucket> plan_buckets(std::span<const std::size_t> variable_bytes, std::size_t bucket_bytes);

}  // namespace shoal::worker
