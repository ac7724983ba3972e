#pragma once

#include <map>
#include <string>
#include <vector>

namespace shoal {

// Values by name, e.g. {"accuracy", 0.98}; sorted as Keras prints them.
using Logs = std::map<std::string, double>;

// What `fit` returns: one value per epoch and name.
struct History {
  std::vector<int> epoch;
  std::map<std::string, std::vector<double>> history;
};

}  // namespace shoal
