#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/functional/node.h"

namespace shoal::functional {

// Where a symbolic tensor comes from, as files say it: [layer name, which of its calls in this model, which output].
struct History {
  std::string layer;
  std::size_t node = 0, tensor = 0;
};
History read_history(const nlohmann::json& value);

// A call as it stands in "inbound_nodes", read but not linked yet.
struct StoredCall {
  std::vector<History> inputs;
  std::vector<History> masks;  // layer "" where there is none; or empty
  nlohmann::json arguments = nlohmann::json::object();
  bool keras2 = false;  // counts the calls of models from 1
};
// Of Keras 3 ({"args", "kwargs"}) or Keras 2 (a list of [layer, node, tensor, arguments]). Throws ValueError naming
// the layer and the argument that is not supported.
StoredCall read_call(const Layer& layer, const nlohmann::json& node);

// The same for a file: `position` gives [layer, node, tensor] of a symbolic tensor.
using Position = std::function<nlohmann::json(const KerasTensor&)>;
nlohmann::json write_call(const Node& node, const Position& position);

}  // namespace shoal::functional
