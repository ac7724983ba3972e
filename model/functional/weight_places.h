#pragma once

#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::functional {

// Under which name Keras 3 keeps each layer of a model in a `.weights.h5`: "layers/<class in snake case>[_<count>]",
// counted per class over all entries, shared layers included; names given by a person play no part.
std::vector<std::string> weight_places(const std::vector<Layer>& layers);

}  // namespace shoal::functional
