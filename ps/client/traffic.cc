#include "ps/client/traffic.h"

#include <algorithm>

namespace shoal::ps {

double Load::imbalance() const {
  if (total == 0) return 1;
  return static_cast<double>(largest) * static_cast<double>(bytes.size()) / static_cast<double>(total);
}

Load load_of(std::span<const Slice> slices, std::size_t element_bytes, int servers) {
  Load load;
  load.bytes.resize(static_cast<std::size_t>(servers));
  load.slices.resize(static_cast<std::size_t>(servers));
  for (const Slice& slice : slices) {
    load.bytes[static_cast<std::size_t>(slice.server)] += slice.size * element_bytes;
    ++load.slices[static_cast<std::size_t>(slice.server)];
    load.total += slice.size * element_bytes;
  }
  if (servers > 0) load.largest = *std::max_element(load.bytes.begin(), load.bytes.end());
  return load;
}

Bound dedicated_bound(const Load& load, int workers, double bytes_per_second) {
  const double worker = static_cast<double>(load.total), server = static_cast<double>(load.largest) * workers;
  return {.seconds = std::max(worker, server) / bytes_per_second, .servers = server > worker};
}

double colocated_seconds(std::size_t bytes, int workers, double bytes_per_second) {
  return 2.0 * (workers - 1) * static_cast<double>(bytes) / (workers * bytes_per_second);
}

double mixed_seconds(std::size_t bytes, int workers, int servers, double bytes_per_second) {
  if (workers == 1) return 0;
  const double n = workers, k = std::min(servers, workers);
  return 2 * n * (n - 1) * static_cast<double>(bytes) / ((n * n + k * n - 2 * k) * bytes_per_second);
}

std::vector<std::size_t> server_memory(std::span<const Slice> slices, std::size_t element_bytes, int servers,
                                       int workers, int slots, bool sums) {
  constexpr std::size_t kLine = 64;
  const auto arrays = static_cast<std::size_t>((sums && workers == 1 ? 0 : 1) + slots + workers);
  std::vector<std::size_t> bytes(static_cast<std::size_t>(servers));
  for (const Slice& slice : slices)
    bytes[static_cast<std::size_t>(slice.server)] += (slice.size * element_bytes + kLine - 1) / kLine * kLine * arrays;
  return bytes;
}

std::size_t shared_bytes(std::size_t bytes, int workers, int arrays) {
  return bytes * static_cast<std::size_t>(workers + 2 * arrays);
}

std::size_t shared_sum_bytes(std::size_t bytes, int workers, int arrays) {
  return bytes * static_cast<std::size_t>(workers + 2 + workers * (1 + 2 * arrays));
}

}  // namespace shoal::ps
