#pragma once

#include <memory>
#include <string>

#include "model/saving/load_model.h"

namespace shoal::saving {

// Opens a whole model in one `.h5`, as Keras 2 and 3 write it for `save("m.h5")`. Weights go to layers by their order,
// as Keras reads them; the optimizer's state stays behind, as with Keras 3. Throws as load_model does.
std::unique_ptr<Model> load_legacy_model(const std::string& path, const LoadOptions& options);

}  // namespace shoal::saving
