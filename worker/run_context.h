#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "model/train/run_context.h"
#include "worker/connection.h"

namespace shoal::worker {

// How gradients and weights travel. Shared memory needs all processes of the job on one host; `automatic` takes it
// where it can be had; `tcp` stands for the connections to the servers, of whatever kind they are.
enum class Transport { automatic, tcp, shared_memory };

// Who applies the update rule. Where a weight has a constraint, which needs all of it, workers do in any case.
enum class Update { server, worker };

struct ContextOptions {
  int rank = 0, workers = 1;
  int threads = 1;
  Transport transport = Transport::tcp;
  Update update = Update::server;
  int servers = 1;
  bool colocated = false;  // servers are in the workers' processes
  double explain = 0;      // Gbit/s of a host: rank 0 prints the plan of each model that is trained; 0: no
  bool spin = false;       // the host has a processor for every compute thread of its workers
  std::function<void(const char* what, std::int64_t number)> set_activity = {};  // may be empty
};

// A worker's view of its job: collectives and weights go through the parameter servers. Its make_updater also takes
// null for a rule: then the sums of all workers' gradients come in the weights' place.
std::unique_ptr<train::RunContext> make_run_context(std::shared_ptr<Connection> connection, ContextOptions options);

}  // namespace shoal::worker
