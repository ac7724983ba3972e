#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "model/train/model.h"

namespace shoal::saving {

// The model that any Keras 2 or 3 writes as {"class_name", "config", ...}: Sequential or Functional. Throws ValueError
// naming the class, or the layer and option, that is not supported, or a model that does not say its input's shape.
std::unique_ptr<Model> model_from_keras(const nlohmann::json& model);

// A function given by name in any of Keras's forms -> its name; others unchanged.
nlohmann::json plain_name(const nlohmann::json& value);

}  // namespace shoal::saving
