#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct InputOptions {
  std::string name = {};
  std::optional<DType> dtype = {};  // kInt32 for ids
};

// Says the shape of one row; passes its input on. In a Sequential it may only stand first. (shoal::Input of
// model/functional/input.h gives the symbolic tensor of one.)
Layer Input(const Shape& shape, const InputOptions& options = {});

Layer input_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
