#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct RepeatVectorOptions {
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// (rows, features) -> (rows, n, features): the same vector at n steps.
Layer RepeatVector(std::int64_t n, const RepeatVectorOptions& options = {});

Layer repeat_vector_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
