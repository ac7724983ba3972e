#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal {

// What a weight or an output adds to the loss: null for nothing, a registered name ("l2") or Keras's object
// {"class_name", "config"}.
using Regularizer = nlohmann::json;

namespace regularizers {

Regularizer L1(double l1 = 0.01);                // l1 * sum |x|
Regularizer L2(double l2 = 0.01);                // l2 * sum x^2, without a half
Regularizer L1L2(double l1 = 0, double l2 = 0);  // both

// The penalty of a whole weight, a scalar; and that of each row of an output. Undefined for null.
Tensor penalty(const Regularizer& regularizer, const Tensor& x);
Tensor penalty_per_row(const Regularizer& regularizer, const Tensor& x);

// Keras's object with every key; null stays null. Throws ValueError naming an unknown regularizer and the registered
// ones, or a wrong value.
nlohmann::json get_config(const Regularizer& regularizer);
std::vector<std::string> registered();  // "l1", "l2", "l1_l2"

}  // namespace regularizers
}  // namespace shoal
