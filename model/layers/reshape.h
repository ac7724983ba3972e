#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::layers {

struct ReshapeOptions {
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// (rows, a, b, ...) -> (rows, target...), row-major; one size of the target may be -1, what is left.
Layer Reshape(const std::vector<std::int64_t>& target_shape, const ReshapeOptions& options = {});

Layer reshape_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
