#pragma once

#include <vector>

#include "model/functional/network.h"
#include "model/functional/node.h"

namespace shoal::functional {

// What lies between symbolic inputs and outputs, in Keras's order, which names places in files: layers by decreasing
// distance from the outputs (the longest way; of all its calls when a layer is called more than once), among equals as
// a walk from the outputs, depth first, meets them.
struct Topology {
  std::vector<NodePtr> nodes;  // calls in an order in which they can run; nodes of inputs included
  std::vector<Layer> layers;   // each once; input layers and operations included
  bool is_chain = true;        // nothing has two inputs, is used twice, or runs beside another
};

// Throws ValueError when an output needs a symbolic tensor that does not come from the inputs, or when two layers have
// one name.
Topology find_topology(const std::vector<KerasTensor>& inputs, const std::vector<KerasTensor>& outputs);

// Of a Functional's network; null for others.
const Topology* topology_of(const NetworkImpl& network);

// The calls of one layer among `nodes`, in the order of calls: Keras's node indices within a model.
std::vector<NodePtr> calls_of(const Layer& layer, const std::vector<NodePtr>& nodes);

}  // namespace shoal::functional
