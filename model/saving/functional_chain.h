#pragma once

#include <nlohmann/json.hpp>
#include <vector>

namespace shoal::saving {

// The layers of a Functional model's "config" from input to output. Throws ValueError naming the layer where the model
// is not one chain.
std::vector<nlohmann::json> functional_chain(const nlohmann::json& config);

}  // namespace shoal::saving
