#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace shoal::optim {

// A learning rate that depends on the number of updates done before: Keras's `iterations`.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double at(std::int64_t iteration) const = 0;
  virtual std::string class_name() const = 0;     // Keras's: "ExponentialDecay"
  virtual nlohmann::json get_config() const = 0;  // Keras's "config" object with all its keys
};

// ExponentialDecay    initial_learning_rate decay_rate^p, p = iteration / decay_steps, rounded down if staircase
// InverseTimeDecay    initial_learning_rate / (1 + decay_rate p), p as above
// PiecewiseConstantDecay  values[i] up to and with iteration boundaries[i], the last value behind them
// PolynomialDecay     (initial_learning_rate - end_learning_rate) (1 - p)^power + end_learning_rate; p stays 1 after
//                     decay_steps or, with cycle, decay_steps grows to the next multiple
// CosineDecay         initial_learning_rate ((1 - alpha) (1 + cos(pi p)) / 2 + alpha), after a line from it up to
//                     warmup_target in warmup_steps, from where it then decays
// CosineDecayRestarts the same again and again: each period t_mul as long as the one before, each start m_mul as high
// Throws ValueError naming class, key and value.
std::shared_ptr<const Schedule> make_schedule(const std::string& class_name, const nlohmann::json& config);
std::vector<std::string> schedule_names();

}  // namespace shoal::optim
