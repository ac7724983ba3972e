#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::layers {

struct PermuteOptions {
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y[rows, i, j, ...] with axis k of a row taken from axis dims[k] of the input, counted from 1.
Layer Permute(const std::vector<int>& dims, const PermuteOptions& options = {});

Layer permute_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
