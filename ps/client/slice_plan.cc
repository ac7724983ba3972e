#include <algorithm>

#include "common/base/error.h"
#include "ps/client/client.h"

namespace shoal::ps {
namespace {

constexpr std::size_t kLeastCut = 16;       // elements
constexpr std::size_t kStripe = 64 * 1024;  // bytes: a variable with as much for every server is shared by all

std::size_t blocks(std::size_t elements, std::size_t cut) { return (elements + cut - 1) / cut; }

// A large variable: the same number of pieces for every server, in turns.
void stripe(int variable, std::size_t size, std::size_t pieces, int servers, std::size_t cut,
            std::vector<Slice>& slices) {
  const std::size_t total = blocks(size, cut);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t begin = std::min(size, total * piece / pieces * cut);
    const std::size_t end = std::min(size, total * (piece + 1) / pieces * cut);
    if (end > begin)
      slices.push_back({variable, begin, end - begin, static_cast<int>(piece % static_cast<std::size_t>(servers))});
  }
}

}  // namespace

// Small variables, laid end to end, are cut into one stretch for each server: few messages, and exact shares.
std::vector<Slice> plan_slices(std::span<const std::size_t> variable_sizes, std::size_t element_bytes, int servers,
                               std::size_t max_slice_bytes, std::size_t cut) {
  if (servers < 1) raise("plan_slices: servers must be positive, received {}", servers);
  if (cut == 0 || cut % kLeastCut != 0)
    raise("plan_slices: cuts must be at multiples of {}, received {}", kLeastCut, cut);
  if (element_bytes == 0 || max_slice_bytes < cut * element_bytes)
    raise("plan_slices: a slice holds at least {} elements, received {} bytes at most of {} each", cut, max_slice_bytes,
          element_bytes);
  const auto n = static_cast<std::size_t>(servers);
  const std::size_t most = max_slice_bytes / element_bytes / cut;  // blocks in a slice
  const std::size_t large = std::max<std::size_t>(1, n * kStripe / element_bytes);
  std::size_t small_blocks = 0;
  for (const std::size_t size : variable_sizes)
    if (size < large || n == 1) small_blocks += blocks(size, cut);

  std::vector<Slice> slices;
  std::size_t before = 0;  // blocks of small variables so far
  std::size_t server = 0;  // whose share they have reached
  for (std::size_t v = 0; v < variable_sizes.size(); ++v) {
    const std::size_t size = variable_sizes[v], total = blocks(size, cut);
    if (size >= large && n > 1) {
      stripe(static_cast<int>(v), size, n * ((total + n * most - 1) / (n * most)), servers, cut, slices);
      continue;
    }
    for (std::size_t at = 0; at < total;) {
      while (before + at >= small_blocks * (server + 1) / n) ++server;
      const std::size_t share_end = small_blocks * (server + 1) / n - before;
      const std::size_t end = std::min({total, at + most, share_end});
      slices.push_back({static_cast<int>(v), at * cut, std::min(size, end * cut) - at * cut, static_cast<int>(server)});
      at = end;
    }
    before += total;
  }
  return slices;
}

}  // namespace shoal::ps
