#pragma once

#include <string>

#include "model/train/model.h"

namespace shoal {

// Samples and their targets, a row each. Stands where `fit` takes validation data.
struct Dataset {
  Tensor x, y;
  operator ValidationData() const { return {x, y}; }  // NOLINT
};

namespace datasets {

// What a well-known data set consists of: auto [train, test] = datasets::mnist::load_data();
struct TrainTest {
  Dataset train, test;
};

struct Options {
  // Where its files are. Empty: looked for in $SHOAL_DATA, in the cache ($XDG_CACHE_HOME/shoal/datasets, else
  // ~/.cache/shoal/datasets) and in Keras's cache, and fetched into the cache when there is none.
  std::string directory = {};
};

}  // namespace datasets
}  // namespace shoal
