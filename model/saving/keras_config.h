#pragma once

#include <nlohmann/json.hpp>

namespace shoal::saving {

// Turns what any Keras 2 or 3 writes as a model's configuration ({"class_name", "config", ...}) into a Sequential's
// "config". A Functional model must be one chain of layers. Throws ValueError naming the class of model or the layer
// and option that is not supported; what layers say of their own options is theirs.
nlohmann::json sequential_config(const nlohmann::json& model);

// A function given by name in any of Keras's forms -> its name; others unchanged.
nlohmann::json plain_name(const nlohmann::json& value);

}  // namespace shoal::saving
