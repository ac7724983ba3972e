#pragma once

#include <nlohmann/json.hpp>

#include "model/layers/layer.h"

// Layers that stand in another layer's config.
namespace shoal::layers {

// Keras's object: module, class_name, config, registered_name.
nlohmann::json inner_to_json(const LayerImpl& layer);
// ValueError naming `place` and `key` when there is no such object under `key`.
Layer inner_from_json(const char* place, const nlohmann::json& config, const char* key);

// Weights of layers within are named after the layer around them, as in Keras.
void name_weights_after(const std::string& outer, const LayerImpl& inner);

}  // namespace shoal::layers
