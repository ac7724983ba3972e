#pragma once

#include <string>
#include <vector>

#include "common/io/hdf5.h"
#include "model/train/model.h"

namespace shoal::saving {

// Where Keras 3 puts a layer's own variables in a `.weights.h5`: layers/<class in snake case>[_<count>]/vars, counted
// per class over the model's layers; names given by the user play no part. Layers within a layer follow it, under the
// attribute that holds them, or as those of a model: layers/bidirectional/forward_layer/cell/vars,
// layers/sequential/layers/dense/vars. A shared layer is stored where it stands first.
struct LayerPlace {
  std::string path;                 // "layers/conv2d_1/vars"
  std::string layer;                // its name, for messages and the attribute "name"
  std::vector<Variable> variables;  // its own, trainable ones first, else in order of creation: "0", "1", ...
};
std::vector<LayerPlace> weight_layout(const Model& model);

hdf5::Type file_type(DType dtype);
std::vector<std::uint64_t> file_dims(const Shape& shape);

}  // namespace shoal::saving
