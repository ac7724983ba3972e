#pragma once

#include <memory>

#include "common/optim/hyperparameters.h"
#include "common/optim/rule.h"

namespace shoal::optim {

// m += (g - m)(1 - beta_1); v += (g g - v)(1 - beta_2); w -= m alpha / (sqrt(v) + epsilon), with
// alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), t = iteration + 1. amsgrad: the largest v so far in place of v.
std::unique_ptr<Rule> make_adam(Hyperparameters& values);
// The same with weight_decay 0.004 by default.
std::unique_ptr<Rule> make_adam_w(Hyperparameters& values);

}  // namespace shoal::optim
