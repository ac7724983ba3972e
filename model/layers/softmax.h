#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::layers {

struct SoftmaxOptions {
  std::vector<int> axis = {-1};  // several: one sum over all of them
  Shape input_shape = {};        // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// y = e^x / sum(e^x) along the axes; what the mask leaves out gets 0. Shapes are equal; a mask broadcasts to the input.
Layer Softmax(const SoftmaxOptions& options = {});

Layer softmax_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
