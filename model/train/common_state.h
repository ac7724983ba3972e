#pragma once

#include "model/train/model.h"

namespace shoal::train {

// Weights that are not trained but assigned in a step, such as moving statistics, follow each worker's own rows. This
// makes them the same on all workers: the mean of the workers', in double, added in rank order. Integer ones become the
// chief's. Collective; alone it does nothing.
void make_state_common(Model& model);

}  // namespace shoal::train
