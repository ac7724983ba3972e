#pragma once

#include <nlohmann/json.hpp>

#include "model/saving/checkpoint.h"

namespace shoal::saving {

// Field by field under its own name; every number comes back with the same bits. Without the values of `own`.
nlohmann::json to_json(const TrainingState& state);
TrainingState training_state(const nlohmann::json& json);  // throws nlohmann's exceptions on other JSON

}  // namespace shoal::saving
