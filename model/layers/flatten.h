#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct FlattenOptions {
  std::string data_format = "channels_last";  // "channels_first": (rows, c, a, b) as if it were (rows, a, b, c)
  Shape input_shape = {};                     // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// (rows, a, b, ...) -> (rows, a b ...), row-major; (rows) -> (rows, 1).
Layer Flatten(const FlattenOptions& options = {});

Layer flatten_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
