#pragma once

#include "model/functional/keras_tensor.h"
#include "model/layers/input.h"

namespace shoal {

// keras.Input: a symbolic tensor of rows of `shape`, where a functional model starts.
//   const KerasTensor image = Input({28, 28, 1}, {.name = "image"});
KerasTensor Input(const Shape& shape, const layers::InputOptions& options = {});

}  // namespace shoal
