#pragma once

#include <memory>
#include <string>

#include "model/train/model.h"

namespace shoal {

struct LoadOptions {
  bool compile = true;  // as the file says, with the optimizer's state
};

// Opens a `.keras` file, Shoal's own or Keras's, or a whole model in one `.h5` of Keras 2 or 3: Sequential and
// Functional models. Compiled when the file says how; what of it is not supported gives a warning and an uncompiled
// model. In a job every worker calls it. Throws IoError when the file is not sound, ValueError naming the layer class
// or option that is not supported.
std::unique_ptr<Model> load_model(const std::string& path, const LoadOptions& options = {});

}  // namespace shoal
