#pragma once

#include <memory>

#include "common/optim/hyperparameters.h"
#include "common/optim/rule.h"

namespace shoal::optim {

// momentum = 0: w -= lr g. Else v = momentum v - lr g, and w += v, or with nesterov w += momentum v - lr g.
std::unique_ptr<Rule> make_sgd(Hyperparameters& values);

}  // namespace shoal::optim
