#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace shoal {

// What `compile` takes as optimizer: a configuration by value; the state of one lives in its model.
class Optimizer {
 public:
  Optimizer(const char* name);         // NOLINT: "adam", "sgd" with Keras's defaults; ValueError if unknown
  Optimizer(const std::string& name);  // NOLINT
  // Keras's config: {"class_name": "Adam", "config": {"learning_rate": 0.001, ...}}.
  static Optimizer from_config(const nlohmann::json& config);

  const std::string& class_name() const { return class_name_; }
  nlohmann::json get_config() const;  // all of Keras's keys, learning_rate as float32 printed as double
  nlohmann::json rule() const;        // what optim::make_rule takes

  double learning_rate = 0.001;
  std::int64_t iterations = 0;

 private:
  friend struct OptimizerFactory;
  Optimizer() = default;
  std::string class_name_;
  nlohmann::json rule_;
};

namespace optimizers {

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
};
Optimizer SGD(const SGDOptions& options = {});

struct AdamOptions {
  double learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
};
Optimizer Adam(const AdamOptions& options = {});

}  // namespace optimizers
}  // namespace shoal
