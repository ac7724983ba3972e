#pragma once

#include <memory>

#include "common/optim/hyperparameters.h"
#include "common/optim/rule.h"

namespace shoal::optim {

// a += g g, from initial_accumulator_value; w -= lr g / sqrt(a + epsilon).
std::unique_ptr<Rule> make_adagrad(Hyperparameters& values);

}  // namespace shoal::optim
