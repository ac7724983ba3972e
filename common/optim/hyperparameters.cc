#include "common/optim/hyperparameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "common/base/error.h"

namespace shoal::optim {

Hyperparameters::Hyperparameters(const nlohmann::json& config) : config_(config) {
  if (!config_.is_object()) raise("update rule: config must be an object, received {}", config_.dump());
  const auto name = config_.find("class_name");
  if (name == config_.end() || !name->is_string()) {
    raise("update rule: config needs a string 'class_name', received {}", config_.dump());
  }
  class_name_ = name->get<std::string>();
}

double Hyperparameters::number(const std::string& key, double fallback, double low, double high, bool below_high) {
  known_.insert(key);
  const auto found = config_.find(key);
  if (found == config_.end()) return fallback;
  if (!found->is_number()) raise("{}: {} must be a number, received {}", class_name_, key, found->dump());
  const double value = found->get<double>();
  const bool inside = value >= low && (below_high ? value < high : value <= high);
  if (!inside) {
    raise("{}: {} must be in [{}, {}{}, received {}", class_name_, key, low, high, below_high ? ")" : "]", value);
  }
  return value;
}

std::optional<double> Hyperparameters::optional_number(const std::string& key, double low) {
  known_.insert(key);
  const auto found = config_.find(key);
  if (found == config_.end() || found->is_null()) return std::nullopt;
  return number(key, 0, low, std::numeric_limits<double>::max());
}

bool Hyperparameters::flag(const std::string& key, bool fallback) {
  known_.insert(key);
  const auto found = config_.find(key);
  if (found == config_.end()) return fallback;
  if (!found->is_boolean()) raise("{}: {} must be true or false, received {}", class_name_, key, found->dump());
  return found->get<bool>();
}

void Hyperparameters::refuse_other_keys() const {
  for (const auto& item : config_.items()) {
    if (!known_.contains(item.key())) {
      raise("{}: unknown key '{}', known keys are {}", class_name_, item.key(), fmt::join(known_, ", "));
    }
  }
}

}  // namespace shoal::optim
