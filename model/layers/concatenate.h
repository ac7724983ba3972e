#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct ConcatenateOptions {
  int axis = -1;  // not the batch axis
  std::string name = {};
  std::optional<DType> dtype = {};
};

// A list of inputs behind each other along `axis`; all other axes are equal.
Layer Concatenate(const ConcatenateOptions& options = {});

Layer concatenate_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
