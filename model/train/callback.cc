#include "model/train/callback.h"

#include "model/train/run_context.h"

namespace shoal {

bool Callback::is_chief() const { return train::run_context().is_chief(); }

}  // namespace shoal
