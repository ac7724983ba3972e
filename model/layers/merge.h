#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct MergeOptions {
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Element by element over a list of inputs, the axes of a row broadcast; inputs of lower rank get axes of 1 behind the
// batch axis. Masked steps count as missing in Multiply, Maximum and Minimum. Subtract takes two inputs.
Layer Add(const MergeOptions& options = {});
Layer Average(const MergeOptions& options = {});
Layer Maximum(const MergeOptions& options = {});
Layer Minimum(const MergeOptions& options = {});
Layer Multiply(const MergeOptions& options = {});
Layer Subtract(const MergeOptions& options = {});

Layer add_from_config(const nlohmann::json& config);
Layer average_from_config(const nlohmann::json& config);
Layer maximum_from_config(const nlohmann::json& config);
Layer minimum_from_config(const nlohmann::json& config);
Layer multiply_from_config(const nlohmann::json& config);
Layer subtract_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
