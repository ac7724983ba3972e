#pragma once

#include <optional>
#include <string>

#include "model/train/callback.h"

namespace shoal::callbacks {

struct ModelCheckpointOptions {
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  std::int64_t save_freq = 0;                          // batches, counted across epochs; 0: at each epoch's end
  std::optional<double> initial_value_threshold = {};  // as if it had been the best so far
};

// Saves the model, or its weights, from the chief. `filepath` ends in .keras, or in .weights.h5 with
// save_weights_only, and may hold {epoch}, {batch} (both from 1) and any name in the logs, with a format:
// "w.{epoch:02d}-{val_loss:.2f}.keras".
CallbackPtr ModelCheckpoint(const std::string& filepath, const ModelCheckpointOptions& options = {});

}  // namespace shoal::callbacks
