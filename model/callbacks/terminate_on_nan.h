#pragma once

#include "model/train/callback.h"

namespace shoal::callbacks {

// Stops training when the loss is NaN or infinite. In a job the workers stop together, a few batches later.
CallbackPtr TerminateOnNaN();

}  // namespace shoal::callbacks
