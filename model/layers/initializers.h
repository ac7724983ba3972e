#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal {

// How a weight gets its first values: a registered name ("glorot_uniform") or Keras's object {"class_name", "config"}.
using Initializer = nlohmann::json;

namespace initializers {

Initializer Constant(double value);
Initializer RandomNormal(double mean = 0, double stddev = 0.05);
Initializer TruncatedNormal(double mean = 0, double stddev = 0.05);  // cut at two deviations
Initializer RandomUniform(double minval = -0.05, double maxval = 0.05);
// Around 0 with variance scale / fan: "fan_in", "fan_out" or "fan_avg", the mean of both.
Initializer VarianceScaling(double scale = 1, const std::string& mode = "fan_in",
                            const std::string& distribution = "truncated_normal");
Initializer Orthogonal(double gain = 1);  // rows or columns, whichever are fewer, are orthogonal
Initializer Identity(double gain = 1);    // of matrices

// Draws with the initializer's own seed, else from a stream of its own under the global seed, which every call takes.
// Throws ValueError naming an unknown initializer and the registered ones.
Tensor initialize(const Initializer& initializer, const Shape& shape, DType dtype);

// Keras's object with every key that all versions of Keras 3 know; checks name and values.
nlohmann::json get_config(const Initializer& initializer);

std::vector<std::string> registered();  // "glorot_uniform", ...

}  // namespace initializers
}  // namespace shoal
