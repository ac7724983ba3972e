#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/tensor/variable.h"

namespace shoal {

// What a weight is kept to after each step of an optimizer: null for nothing, a registered name ("non_neg") or Keras's
// object {"class_name", "config"}.
using Constraint = nlohmann::json;

namespace constraints {

using Axes = std::vector<int>;  // over which a norm is taken: 0 of a Dense kernel is one norm for each unit

Constraint MaxNorm(double max_value = 2, const Axes& axis = {0});  // longer vectors are shortened to max_value
Constraint MinMaxNorm(double min_value = 0, double max_value = 1, double rate = 1, const Axes& axis = {0});
Constraint NonNeg();                          // negative elements become 0
Constraint UnitNorm(const Axes& axis = {0});  // every vector gets length 1

// w kept to the constraint, as Keras's object called on w.
Tensor apply(const Constraint& constraint, const Tensor& w);
// From now on the variable's optimizer keeps it to the constraint; null leaves it as it is. Throws ValueError when the
// variable has not the axes.
void attach(const Constraint& constraint, Variable variable);

// Keras's object with every key; null stays null. Throws ValueError naming an unknown constraint and the registered
// ones, or a wrong value.
nlohmann::json get_config(const Constraint& constraint);
std::vector<std::string> registered();

}  // namespace constraints
}  // namespace shoal
