#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct InputOptions {
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Says the shape of one row; passes its input on. In a Sequential it may only stand first.
Layer Input(const Shape& shape, const InputOptions& options = {});

Layer input_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
