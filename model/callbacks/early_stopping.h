#pragma once

#include <optional>
#include <string>

#include "model/train/callback.h"

namespace shoal::callbacks {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;  // a smaller change is none
  int patience = 0;      // epochs without improvement before training stops
  int verbose = 0;
  std::string mode = "auto";
  std::optional<double> baseline = {};  // training stops unless it is beaten within `patience`
  bool restore_best_weights = false;    // at the end of training, also when it was not stopped
  int start_from_epoch = 0;             // earlier epochs are not looked at
};

// Stops training when a quantity no longer improves.
CallbackPtr EarlyStopping(const EarlyStoppingOptions& options = {});

}  // namespace shoal::callbacks
