#pragma once

#include <limits>
#include <optional>
#include <string>

#include "model/train/history.h"

namespace shoal::callbacks {

// Which of two values of a monitored quantity is better.
class Monitor {
 public:
  // mode "min", "max" or "auto": accuracies upwards, losses and errors downwards; ValueError when the name of the
  // quantity does not tell.
  Monitor(const char* place, std::string name, const std::string& mode, double min_delta = 0);

  const std::string& name() const { return name_; }
  // Nothing when the logs do not hold it; the chief then warns.
  std::optional<double> value(const Logs& logs, bool is_chief) const;
  // Strictly, by more than min_delta. Anything is better than nothing, and nothing is better than NaN.
  bool better(double value, const std::optional<double>& than) const;

 private:
  const char* place_;
  std::string name_;
  bool upwards_;
  double min_delta_;
};

}  // namespace shoal::callbacks
