#pragma once

#include <string>

#include "model/train/history.h"

namespace shoal::callbacks {

// Fills {name} and {name:02d} or {name:.2f} in a path. "epoch" and "batch" are whole numbers, all else comes from the
// logs; throws ValueError naming what is not known.
std::string fill_pattern(const std::string& pattern, int epoch, int batch, const Logs& logs);

}  // namespace shoal::callbacks
