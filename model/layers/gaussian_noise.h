#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct GaussianNoiseOptions {
  std::optional<std::uint64_t> seed = {};  // none: a stream of its own under the global seed
  Shape input_shape = {};                  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// In training, y = x + noise of deviation `stddev`; otherwise y = x. Shapes are equal. The draw depends on the seed,
// the layer, the step and the row of the global batch.
Layer GaussianNoise(double stddev, const GaussianNoiseOptions& options = {});
// In training, y = x (1 + noise of deviation sqrt(rate / (1 - rate))).
Layer GaussianDropout(double rate, const GaussianNoiseOptions& options = {});

Layer gaussian_noise_from_config(const nlohmann::json& config);
Layer gaussian_dropout_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
