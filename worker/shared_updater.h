#pragma once

#include <memory>
#include <string>

#include "model/train/parameter_updater.h"
#include "worker/connection.h"
#include "worker/table_spec.h"

namespace shoal::worker {

// For a job whose processes all run on one host. Weights, gradients and the rule's state lie in memory that all of them
// map; nothing is copied and nothing is sent while training: a worker announces gradients on the table's TileBoard, and
// while it waits it takes part in adding and applying. The connection to the servers stays as the sign of life.
//
// During training all workers read one copy of the weights; `release_weights` gives this process its own again.
//
// Without a rule (null) the sums of all workers' gradients stand in place of the weights.
//
// Collective, as make_remote_updater. Null on every worker, with the reason in `why`, when some process cannot map the
// memory; then the table is as it was.
std::unique_ptr<train::ParameterUpdater> make_shared_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& rule,
                                                             const UpdaterOptions& options, std::string& why);

// The memory that takes.
std::size_t shared_memory_bytes(const ParameterSpace& space, const optim::Rule* rule, const UpdaterOptions& options);

}  // namespace shoal::worker
