#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/optim/schedule.h"

namespace shoal {

// A number, or a schedule: what an optimizer takes as learning_rate.
class LearningRate {
 public:
  LearningRate(double value) : value_(value) {}                   // NOLINT
  LearningRate(std::shared_ptr<const optim::Schedule> schedule);  // NOLINT: also one's own
  double at(std::int64_t iteration) const { return schedule_ ? schedule_->at(iteration) : value_; }
  const std::shared_ptr<const optim::Schedule>& schedule() const { return schedule_; }  // null for a number

 private:
  double value_ = 0;
  std::shared_ptr<const optim::Schedule> schedule_;
};

// Keras's; common/optim/schedule.h has the formulas. Steps count updates of the weights.
namespace optimizers::schedules {

LearningRate ExponentialDecay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                              bool staircase = false);
LearningRate InverseTimeDecay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                              bool staircase = false);
// values[i] until boundaries[i]: one value more than boundaries.
LearningRate PiecewiseConstantDecay(const std::vector<std::int64_t>& boundaries, const std::vector<double>& values);

struct PolynomialDecayOptions {
  double end_learning_rate = 0.0001;
  double power = 1;
  bool cycle = false;
};
LearningRate PolynomialDecay(double initial_learning_rate, std::int64_t decay_steps,
                             const PolynomialDecayOptions& options = {});

struct CosineDecayOptions {
  double alpha = 0;  // the share that is left in the end
  std::optional<double> warmup_target = {};
  std::int64_t warmup_steps = 0;
};
LearningRate CosineDecay(double initial_learning_rate, std::int64_t decay_steps,
                         const CosineDecayOptions& options = {});

struct CosineDecayRestartsOptions {
  double t_mul = 2;
  double m_mul = 1;
  double alpha = 0;
};
LearningRate CosineDecayRestarts(double initial_learning_rate, std::int64_t first_decay_steps,
                                 const CosineDecayRestartsOptions& options = {});

}  // namespace optimizers::schedules
}  // namespace shoal
