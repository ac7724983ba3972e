#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::testing {

// A line of tests/cases/layers_*.json: a layer as Keras describes it and what it is called with. tests/cases/README.md
// says what each key means.
struct LayerRow {
  std::string place;       // "layers_basic.json 3"
  std::string class_name;  // "Conv2D"
  nlohmann::json config;
  std::vector<Shape> inputs;           // of one row each
  std::vector<std::int64_t> integers;  // of each input: n when it holds integers in [0, n), else 0
  std::vector<bool> masks;             // of each input: whether a mask comes with it
  bool training = false;
  nlohmann::json arguments = nlohmann::json::object();
  bool differentiable = true;
  double float32 = 1e-5;  // allowed share of each tensor's maximum

  Layer make() const { return make(config); }
  Layer make(const nlohmann::json& with) const;
};

// All lines of all files; throws ValueError naming file and line of one with a wrong or unknown key.
const std::vector<LayerRow>& layer_rows();

inline void PrintTo(const LayerRow& row, std::ostream* out) { *out << row.place << ": " << row.class_name; }

// What a row is called with, the same at every call: numbers of both signs, integers that repeat, masks whose first
// step is on.
struct LayerCall {
  std::vector<Tensor> inputs;
  CallOptions options;
};
LayerCall call_of(const LayerRow& row, DType dtype, std::int64_t rows = 3);

// Different numbers for every weight; variances are positive.
void set_weights(const Layer& layer);

}  // namespace shoal::testing
