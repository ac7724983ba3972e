#pragma once

#include <nlohmann/json.hpp>

#include "model/layers/layer.h"

namespace shoal::functional {

// The object around a layer's config as Keras 3 writes it: module, class_name, config, registered_name, build_config.
// Models and operations as layers included; a person's own classes carry their registered name.
nlohmann::json layer_to_object(const Layer& layer);

// A layer, a model or an operation from such an object of Keras 3, or from Keras 2's without a module. Throws
// ValueError naming the class or the option that is not supported.
Layer layer_from_object(const nlohmann::json& object);

bool is_model_class(const std::string& class_name);  // "Sequential", "Functional", "Model"
Layer model_from_config(const std::string& class_name, const nlohmann::json& config);

}  // namespace shoal::functional
