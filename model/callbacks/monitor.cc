#include "model/callbacks/monitor.h"

#include <cmath>

#include "common/base/error.h"
#include "common/base/log.h"

namespace shoal::callbacks {
namespace {

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

bool is_upwards(const char* place, const std::string& name, const std::string& mode) {
  if (mode == "min" || mode == "max") return mode == "max";
  if (mode != "auto") raise("{}: mode must be 'auto', 'min' or 'max', received '{}'", place, mode);
  if (contains(name, "acc")) return true;
  for (const char* part : {"loss", "error", "mse", "crossentropy"})
    if (contains(name, part)) return false;
  raise("{}: mode 'auto' cannot tell which way '{}' is better; give mode 'min' or 'max'", place, name);
}

}  // namespace

Monitor::Monitor(const char* place, std::string name, const std::string& mode, double min_delta)
    : place_(place),
      name_(std::move(name)),
      upwards_(is_upwards(place, name_, mode)),
      min_delta_(std::abs(min_delta)) {}

std::optional<double> Monitor::value(const Logs& logs, bool is_chief) const {
  if (const auto it = logs.find(name_); it != logs.end()) return it->second;
  std::string names;
  for (const auto& [name, value] : logs) names += (names.empty() ? "" : ", ") + name;
  if (is_chief) log::warning("{}: the monitored '{}' is not among the logs: {}", place_, name_, names);
  return std::nullopt;
}

bool Monitor::better(double value, const std::optional<double>& than) const {
  if (!than) return true;
  return upwards_ ? value - min_delta_ > *than : value + min_delta_ < *than;
}

}  // namespace shoal::callbacks
