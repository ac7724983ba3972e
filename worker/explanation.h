#pragma once

#include <string>

#include "common/optim/rule.h"
#include "model/tensor/variable.h"
#include "worker/table_spec.h"

namespace shoal::worker {

struct ExplainOptions {
  int servers = 1;
  bool colocated = false;              // server i is in worker i's process
  bool shared = false;                 // shared memory carries the gradients
  bool workers_apply = false;          // servers only add (worker/summing_updater)
  double bits_per_second = 10e9;       // of each host's network, in each direction
  double memory_bytes_per_second = 0;  // of the host, for shared memory
};

// What `shoal run --explain` prints of a model: where its weights lie, what a step moves, the least time that takes and
// what holds it up. Lines, each with its end.
std::string explain(const ParameterSpace& space, const optim::Rule& rule, const UpdaterOptions& updater,
                    const ExplainOptions& options);

// What one thread of this host reads and writes together, measured in some 20 ms.
double measure_memory_bandwidth();

}  // namespace shoal::worker
