#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "model/train/parameter_updater.h"

namespace shoal::train {

// Applies the rule in this process: to each variable as soon as its gradient is complete, over the threads of the
// pool. Its optimizer state has the layout of the space.
std::unique_ptr<ParameterUpdater> make_local_updater(const ParameterSpace& space, const nlohmann::json& rule);

}  // namespace shoal::train
