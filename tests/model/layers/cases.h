#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::testing {

using Values = std::vector<double>;

// One row of the table that drives every test of layers. The truth is written with plain loops, apart from the
// library's arithmetic.
struct LayerCase {
  std::string class_name;
  std::string what;
  std::function<Layer()> make;
  Shape input;  // with rows
  Shape output;
  // The output for this input and these weights, in inference.
  std::function<Values(const Values& x, const std::vector<Values>& weights)> expected;
};

const std::vector<LayerCase>& layer_cases();

inline void PrintTo(const LayerCase& c, std::ostream* out) { *out << c.class_name << ": " << c.what; }

// Different numbers of both signs, the same on every machine.
Tensor numbers(const Shape& shape, DType dtype, int seed = 1);

}  // namespace shoal::testing
