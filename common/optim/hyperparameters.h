#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

namespace shoal::optim {

// Reads the keys of a rule's config; a value of the wrong kind, out of range, or a key nobody asked for is a
// ValueError.
class Hyperparameters {
 public:
  explicit Hyperparameters(const nlohmann::json& config);

  const std::string& class_name() const { return class_name_; }
  // low <= value <= high; with `below_high`, value < high.
  double number(const std::string& key, double fallback, double low, double high, bool below_high = false);
  // low <= value; nothing for a missing key or null.
  std::optional<double> optional_number(const std::string& key, double low);
  bool flag(const std::string& key, bool fallback);
  // Call last.
  void refuse_other_keys() const;

 private:
  nlohmann::json config_;
  std::string class_name_;
  std::set<std::string> known_{"class_name"};
};

}  // namespace shoal::optim
