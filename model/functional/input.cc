#include "model/functional/input.h"

#include "model/functional/node.h"

namespace shoal {

KerasTensor Input(const Shape& shape, const layers::InputOptions& options) {
  const Layer layer = layers::Input(shape, options);
  return KerasTensor::output(functional::input_node(layer, layer->dtype()), 0);
}

}  // namespace shoal
