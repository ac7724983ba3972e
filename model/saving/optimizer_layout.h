#pragma once

#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal::saving {

// The optimizer's state in Keras's order: optimizer/vars/0 is the iteration, then comes the learning rate unless a
// schedule gives it, then the slots of all trainable weights in the order of the layers.
struct OptimizerLayout {
  struct Slot {
    std::string path;  // "optimizer/vars/2"
    Variable variable;
    int index = 0;  // of the variable in the parameter space
    int slot = 0;
  };
  DType dtype = DType::kFloat32;
  bool has_learning_rate = true;
  std::vector<Slot> slots;
};
OptimizerLayout optimizer_layout(Model& model);  // of a compiled and built one

}  // namespace shoal::saving
