#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/train/learning_rate.h"

namespace shoal {

// What `compile` takes as optimizer: a configuration by value; the state of one lives in its model.
class Optimizer {
 public:
  Optimizer(const char* name);         // NOLINT: "adam" with Keras's defaults; ValueError if unknown
  Optimizer(const std::string& name);  // NOLINT
  // Keras's config: {"class_name": "Adam", "config": {"learning_rate": 0.001, ...}}.
  static Optimizer from_config(const nlohmann::json& config);

  const std::string& class_name() const { return class_name_; }
  nlohmann::json get_config() const;  // all of Keras's keys, learning_rate as float32 printed as double
  nlohmann::json rule() const;        // what optim::make_rule takes

  double learning_rate = 0.001;  // without a schedule
  std::int64_t iterations = 0;
  bool has_schedule() const { return schedule_ != nullptr; }
  double current_learning_rate() const { return schedule_ ? schedule_->at(iterations) : learning_rate; }
  static std::vector<std::string> registered();  // class names

 private:
  friend struct OptimizerFactory;
  Optimizer() = default;
  std::shared_ptr<const optim::Schedule> schedule_;
  std::string class_name_;
  nlohmann::json rule_;
};

// Every optimizer clips gradients, in one of three ways: each element (clipvalue), each variable's gradient by its norm
// (clipnorm), or all gradients by their common norm (global_clipnorm). Then every weight loses weight_decay times the
// learning rate of itself.
namespace optimizers {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};
Optimizer SGD(const SGDOptions& options = {});

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};
Optimizer Adam(const AdamOptions& options = {});

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  double weight_decay = 0.004;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};
Optimizer AdamW(const AdamWOptions& options = {});

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};
Optimizer RMSprop(const RMSpropOptions& options = {});

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};
Optimizer Adagrad(const AdagradOptions& options = {});

}  // namespace optimizers
}  // namespace shoal
