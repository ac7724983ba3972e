#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct DropoutOptions {
  std::optional<std::uint64_t> seed = {};  // none: a stream of its own under the global seed
  Shape input_shape = {};                  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// In training, each value is 0 with probability `rate`, else x / (1 - rate); otherwise y = x. Shapes are equal. The
// draw depends on the seed, the layer, the step and the row of the global batch.
Layer Dropout(double rate, const DropoutOptions& options = {});

Layer dropout_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
