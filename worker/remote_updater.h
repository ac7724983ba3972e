#pragma once

#include <memory>

#include "model/train/parameter_updater.h"
#include "worker/connection.h"
#include "worker/table_spec.h"

namespace shoal::worker {

// Gradients go to the parameter servers bucket by bucket as the backward pass completes them, and the answers bring the
// new weights; without a rule (null), the sums of all workers' gradients. A variable can be read again as soon as its
// own bucket is back. Opening is collective: every worker makes the same updaters in the same order.
std::unique_ptr<train::ParameterUpdater> make_remote_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& rule,
                                                             const UpdaterOptions& options);

}  // namespace shoal::worker
