#pragma once

#include <optional>
#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct BidirectionalOptions {
  std::optional<std::string> merge_mode = "concat";  // "concat", "sum", "mul", "ave"; none: two outputs
  std::optional<Layer> backward_layer = {};          // none: the layer with go_backwards turned round
  Shape input_shape = {};                            // of one row
  std::string name = {};
};

// Two recurrent layers made like `layer`, one of which reads its input from the end: (rows, time, n) -> their outputs
// in the order of the input, merged; then the states of both when `layer` returns states. Further inputs are the states
// at the start: those of the forward layer, then those of the backward layer.
Layer Bidirectional(const Layer& layer, const BidirectionalOptions& options = {});

Layer bidirectional_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
