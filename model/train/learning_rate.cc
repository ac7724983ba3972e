#include "model/train/learning_rate.h"

#include "common/base/error.h"

namespace shoal {

using json = nlohmann::json;

LearningRate::LearningRate(std::shared_ptr<const optim::Schedule> schedule) : schedule_(std::move(schedule)) {
  if (!schedule_) raise("learning_rate: the schedule is null");
}

namespace optimizers::schedules {

LearningRate ExponentialDecay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                              bool staircase) {
  return optim::make_schedule("ExponentialDecay", {{"initial_learning_rate", initial_learning_rate},
                                                   {"decay_steps", decay_steps},
                                                   {"decay_rate", decay_rate},
                                                   {"staircase", staircase}});
}

LearningRate InverseTimeDecay(double initial_learning_rate, std::int64_t decay_steps, double decay_rate,
                              bool staircase) {
  return optim::make_schedule("InverseTimeDecay", {{"initial_learning_rate", initial_learning_rate},
                                                   {"decay_steps", decay_steps},
                                                   {"decay_rate", decay_rate},
                                                   {"staircase", staircase}});
}

LearningRate PiecewiseConstantDecay(const std::vector<std::int64_t>& boundaries, const std::vector<double>& values) {
  return optim::make_schedule("PiecewiseConstantDecay", {{"boundaries", boundaries}, {"values", values}});
}

LearningRate PolynomialDecay(double initial_learning_rate, std::int64_t decay_steps,
                             const PolynomialDecayOptions& options) {
  return optim::make_schedule("PolynomialDecay", {{"initial_learning_rate", initial_learning_rate},
                                                  {"decay_steps", decay_steps},
                                                  {"end_learning_rate", options.end_learning_rate},
                                                  {"power", options.power},
                                                  {"cycle", options.cycle}});
}

LearningRate CosineDecay(double initial_learning_rate, std::int64_t decay_steps, const CosineDecayOptions& options) {
  json config = {{"initial_learning_rate", initial_learning_rate},
                 {"decay_steps", decay_steps},
                 {"alpha", options.alpha},
                 {"warmup_steps", options.warmup_steps}};
  if (options.warmup_target) config["warmup_target"] = *options.warmup_target;
  return optim::make_schedule("CosineDecay", config);
}

LearningRate CosineDecayRestarts(double initial_learning_rate, std::int64_t first_decay_steps,
                                 const CosineDecayRestartsOptions& options) {
  return optim::make_schedule("CosineDecayRestarts", {{"initial_learning_rate", initial_learning_rate},
                                                      {"first_decay_steps", first_decay_steps},
                                                      {"t_mul", options.t_mul},
                                                      {"m_mul", options.m_mul},
                                                      {"alpha", options.alpha}});
}

}  // namespace optimizers::schedules
}  // namespace shoal
