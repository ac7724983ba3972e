#pragma once

#include <memory>

#include "common/optim/hyperparameters.h"
#include "common/optim/rule.h"

namespace shoal::optim {

// v = rho v + (1 - rho) g g; w -= lr g / sqrt(v + epsilon). momentum: m = momentum m + that, w -= m. centered: the
// average gradient a = rho a + (1 - rho) g, and v - a a in place of v.
std::unique_ptr<Rule> make_rmsprop(Hyperparameters& values);

}  // namespace shoal::optim
