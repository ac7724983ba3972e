#pragma once

#include <string>

#include "model/layers/layer.h"

namespace shoal::layers {

struct TimeDistributedOptions {
  Shape input_shape = {};  // of one row
  std::string name = {};
};

// A layer applied to every step of (rows, time, ...): (rows, time, what the layer makes of one step). The mask goes on.
Layer TimeDistributed(const Layer& layer, const TimeDistributedOptions& options = {});

Layer time_distributed_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
