#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ps/client/client.h"

// What a step of all workers moves under a plan of slices, and the least time that takes: M bytes of weights, n
// workers, k servers, hosts that each send and receive B bytes a second at once.
namespace shoal::ps {

struct Load {
  std::vector<std::size_t> bytes;   // of weights, for each server; a server may have none
  std::vector<std::size_t> slices;  // for each server
  std::size_t total = 0, largest = 0;

  double imbalance() const;  // the largest by the mean; 1 where there is nothing
};

Load load_of(std::span<const Slice> slices, std::size_t element_bytes, int servers);

// Every server on a host of its own: the slower of a worker's M / B and the fullest server's n load / B.
struct Bound {
  double seconds = 0;
  bool servers = false;  // whether the servers' hosts are what holds it up
};
Bound dedicated_bound(const Load& load, int workers, double bytes_per_second);

// A server in each worker's process and none elsewhere, as an allreduce: 2 (n - 1) M / (n B).
double colocated_seconds(std::size_t bytes, int workers, double bytes_per_second);

// A server in each worker's process and k on hosts of their own, with the best shares: 2 n (n - 1) M / ((n^2 + k n - 2
// k) B) for k up to n, and M / B from there on (Jiang et al., OSDI 2020, theorem 1).
double mixed_seconds(std::size_t bytes, int workers, int servers, double bytes_per_second);

// What each server holds: of each of its slices, filled up to whole lines of 64 bytes, the weights (or the sum),
// `slots` values a weight of the rule's state, and one gradient of each worker. It never grows: no worker sends a
// slice's next gradient before the round is over. `sums`: there is no rule; a single worker's gradient then is the sum.
std::vector<std::size_t> server_memory(std::span<const Slice> slices, std::size_t element_bytes, int servers,
                                       int workers, int slots, bool sums);

// Memory that one host touches when all share it: each worker's gradient is read, and the rule reads and writes
// `arrays` values a weight (1 for SGD, 3 for Adam).
std::size_t shared_bytes(std::size_t bytes, int workers, int arrays);
// The same where each worker applies the rule: the sum is written, and read by all, as are their own arrays.
std::size_t shared_sum_bytes(std::size_t bytes, int workers, int arrays);

}  // namespace shoal::ps
