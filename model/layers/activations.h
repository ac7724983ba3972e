#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::activations {

// relu max(x, 0); relu6 clip(x, 0, 6); leaky_relu x or 0.2 x; sigmoid 1 / (1 + e^-x); tanh; softplus log(1 + e^x);
// softsign x / (1 + |x|); softmax and log_softmax over the last axis; elu x or e^x - 1; selu 1.05 elu of slope 1.67;
// gelu x P(X < x) of a normal X; silu x sigmoid(x), also swish; mish x tanh(softplus(x)); hard_sigmoid
// clip(x / 6 + 1 / 2, 0, 1); hard_silu x hard_sigmoid(x), also hard_swish; exponential e^x; linear x; and Keras's rarer
// ones: celu, glu, hard_tanh, hard_shrink, log_sigmoid, soft_shrink, sparse_plus, sparse_sigmoid, squareplus,
// tanh_shrink.
// Throws ValueError naming `place`, the name received and the registered ones.
Tensor apply(const std::string& name, const Tensor& x);
void check(const std::string& place, const std::string& name);
std::vector<std::string> registered();

// x where x > threshold, cut off at max_value; negative_slope (x - threshold) elsewhere.
Tensor relu(const Tensor& x, double negative_slope = 0, std::optional<double> max_value = {}, double threshold = 0);
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
Tensor elu(const Tensor& x, double alpha = 1);
Tensor gelu(const Tensor& x, bool approximate = false);  // approximate: with tanh in place of the error function

}  // namespace shoal::activations
