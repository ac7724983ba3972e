#include "worker/buckets.h"

#include <algorithm>

namespace shoal::worker {

std::vector<Bucket> plan_buckets(std::span<const std::size_t> variable_bytes, std::size_t bucket_bytes) {
  std::vector<Bucket> buckets;
  int last = static_cast<int>(variable_bytes.size());
  while (last > 0) {
    int first = last - 1;
    std::size_t bytes = variable_bytes[static_cast<std::size_t>(first)];
    while (first > 0 && bytes + variable_bytes[static_cast<std::size_t>(first - 1)] <= bucket_bytes)
      bytes += variable_bytes[static_cast<std::size_t>(--first)];
    buckets.push_back({first, last});
    last = first;
  }
  std::reverse(buckets.begin(), buckets.end());
  return buckets;
}

}  // namespace shoal::worker
