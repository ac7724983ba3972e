#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "model/train/parameter_updater.h"
#include "worker/connection.h"

namespace shoal::worker {

// Workers apply the rule: each to weights and state of its own, as a single process does (model/train/local_updater);
// servers only add gradients. All workers see the same sums, so their weights and state have the same bits.
//
// `adder` is an updater without a rule: it was made over `space` with `sums` in the weights' place, and leaves there
// the sums of all workers' gradients. Collective, as make_remote_updater.
std::unique_ptr<train::ParameterUpdater> make_summing_updater(std::shared_ptr<Connection> connection,
                                                              const ParameterSpace& space, const Arena& sums,
                                                              const nlohmann::json& rule, bool chief,
                                                              std::unique_ptr<train::ParameterUpdater> adder);

}  // namespace shoal::worker
