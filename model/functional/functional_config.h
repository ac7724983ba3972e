#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/functional/node.h"

namespace shoal::functional {

// What a Functional model's "config" in a Keras file says. See network.h for the way back.
struct FunctionalParts {
  std::string name;
  bool trainable = true;
  const std::vector<KerasTensor>&inputs, &outputs;
  const std::vector<NodePtr>& nodes;  // calls of the model
  const std::vector<Layer>& layers;   // in Keras's order, operations included
};
nlohmann::json functional_config(const FunctionalParts& parts);

}  // namespace shoal::functional
