#pragma once

#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::activations {

// relu max(x, 0); sigmoid 1 / (1 + e^-x); tanh; softplus log(1 + e^x); softmax and log_softmax over the last axis;
// silu x sigmoid(x), also called swish; exponential e^x; linear x.
// Throws ValueError naming `place`, the name received and the registered ones.
Tensor apply(const std::string& name, const Tensor& x);
void check(const std::string& place, const std::string& name);
std::vector<std::string> registered();

}  // namespace shoal::activations
