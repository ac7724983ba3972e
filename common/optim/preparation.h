#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "common/optim/formula.h"
#include "common/optim/hyperparameters.h"

namespace shoal::optim {

struct Step;

// What every optimizer of Keras takes: gradients are clipped, one way at most, then weights decay by their share
// weight_decay * learning_rate, then the rule's own update follows.
struct Common {
  std::optional<double> weight_decay, clipnorm, global_clipnorm, clipvalue;

  Common() = default;
  // Reads the keys; null stands for a missing one.
  explicit Common(Hyperparameters& values, std::optional<double> default_decay = {});

  bool needs_norms() const { return clipnorm || global_clipnorm; }

  template <class T>
  Preparation<T> rounded(const Step& step) const;
  void write(nlohmann::json& config) const;  // the keys that are set
};

}  // namespace shoal::optim
