#pragma once

#include <string>

#include "model/train/callback.h"

namespace shoal::callbacks {

struct CSVLoggerOptions {
  char separator = ',';
  bool append = false;  // go on with a file that is there
};

// Writes a line of logs for each epoch, from the chief: epoch (from 0) and the names in order. A resumed run goes on
// in the same file.
CallbackPtr CSVLogger(const std::string& filename, const CSVLoggerOptions& options = {});

}  // namespace shoal::callbacks
