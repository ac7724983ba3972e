#pragma once

#include <array>
#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct DotOptions {
  bool normalize = false;  // to length one along the axes: the cosine of the angle
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Of two inputs: (rows, a..., n, b...) and (rows, c..., n, d...) -> (rows, a..., b..., c..., d...), the sum of products
// along axes[0] of the first and axes[1] of the second; (rows, 1) where nothing is left.
Layer Dot(const std::array<int, 2>& axes, const DotOptions& options = {});
Layer Dot(int axis, const DotOptions& options = {});  // the same axis of both

Layer dot_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
