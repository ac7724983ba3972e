#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::layers {

using Factory = std::function<Layer(const nlohmann::json& config)>;  // `config`: Keras's "config" object

// Throws ValueError naming the class and the registered ones.
Layer layer_from_config(const std::string& class_name, const nlohmann::json& config);
std::vector<std::string> registered_layers();
bool is_built_in(const std::string& class_name);  // one of Keras's, not registered by a person
// A person's own class, so that load_model finds it. Throws ValueError when the name is taken.
void register_layer(const std::string& class_name, Factory factory);

}  // namespace shoal::layers
