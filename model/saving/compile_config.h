#pragma once

#include <nlohmann/json.hpp>

#include "model/train/model.h"

namespace shoal::saving {

// Keras's "compile_config" of a compiled model; null when its loss is a function of one's own, which has no name that
// a reader could find.
nlohmann::json compile_config(Model& model);

// Compiles the model from one. Throws ValueError naming what is not supported.
void compile_from_config(Model& model, const nlohmann::json& config);

}  // namespace shoal::saving
