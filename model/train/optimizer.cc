#include "model/train/optimizer.h"

#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "common/base/error.h"
#include "common/optim/rule.h"

namespace shoal {

using json = nlohmann::json;

struct OptimizerFactory {
  static Optimizer make(std::string class_name, double learning_rate, json rule) {
    if (!(learning_rate >= 0) || std::isinf(learning_rate))
      raise("optimizer {}: learning_rate must be a number that is not negative, received {}", class_name,
            learning_rate);
    rule["class_name"] = class_name;
    Optimizer optimizer;
    optimizer.class_name_ = std::move(class_name);
    optimizer.learning_rate = learning_rate;
    optimizer.rule_ = optim::make_rule(rule)->config();  // checks the values
    return optimizer;
  }
};

namespace {

// What differs from rule to rule; update rules themselves are in common/optim.
struct Row {
  const char *name, *class_name;
  double learning_rate;
};
constexpr Row kTable[] = {{"sgd", "SGD", 0.01}, {"adam", "Adam", 0.001}};

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : kTable) {
    if (name == row.name || name == row.class_name) return row;
    names.emplace_back(row.name);
  }
  raise("unknown optimizer '{}'; registered: {}", name, fmt::join(names, ", "));
}

// Keys of every Keras optimizer and the value that means "not used".
const json& unused() {
  static const json keys = {{"weight_decay", nullptr},
                            {"clipnorm", nullptr},
                            {"global_clipnorm", nullptr},
                            {"clipvalue", nullptr},
                            {"use_ema", false},
                            {"ema_overwrite_frequency", nullptr},
                            {"loss_scale_factor", nullptr},
                            {"gradient_accumulation_steps", nullptr}};
  return keys;
}

}  // namespace

Optimizer::Optimizer(const char* name) : Optimizer(std::string(name)) {}
Optimizer::Optimizer(const std::string& name)
    : Optimizer(OptimizerFactory::make(find(name).class_name, find(name).learning_rate, json::object())) {}

Optimizer Optimizer::from_config(const json& config) {
  if (config.is_string()) return Optimizer(config.get<std::string>());
  if (!config.is_object() || !config.contains("class_name") || !config["class_name"].is_string())
    raise("an optimizer is a name or an object with class_name and config, received {}", config.dump());
  const Row& row = find(config["class_name"].get<std::string>());
  json values = config.value("config", json::object());
  if (!values.is_object()) raise("optimizer {}: config must be an object, received {}", row.class_name, values.dump());
  for (const auto& [key, value] : unused().items())
    if (values.contains(key) && values[key] != value && !values[key].is_null())
      raise("optimizer {}: {} is not supported, received {}", row.class_name, key, values[key].dump());
  const json rate = values.value("learning_rate", json(row.learning_rate));
  if (!rate.is_number())
    raise("optimizer {}: learning_rate must be a number, received {}", row.class_name, rate.dump());
  const json known = optim::make_rule({{"class_name", row.class_name}})->config();
  json rule = json::object();
  for (const auto& [key, value] : known.items())
    if (values.contains(key) && !values[key].is_null()) rule[key] = values[key];
  // A float32 printed as double goes back to the decimal number that it stands for.
  const double read = rate.get<double>();
  const double plain = std::stod(fmt::format("{}", static_cast<float>(read)));
  const bool widened = static_cast<double>(static_cast<float>(read)) == read;
  return OptimizerFactory::make(row.class_name, widened ? plain : read, std::move(rule));
}

json Optimizer::rule() const { return rule_; }

json Optimizer::get_config() const {
  json values = {{"name", find(class_name_).name},
                 {"learning_rate", static_cast<double>(static_cast<float>(learning_rate))},
                 {"ema_momentum", 0.99}};
  values.update(unused());
  values.update(rule_);
  values.erase("class_name");
  return {
      {"module", "keras.optimizers"}, {"class_name", class_name_}, {"config", values}, {"registered_name", nullptr}};
}

namespace optimizers {

Optimizer SGD(const SGDOptions& options) {
  return OptimizerFactory::make("SGD", options.learning_rate,
                                {{"momentum", options.momentum}, {"nesterov", options.nesterov}});
}

Optimizer Adam(const AdamOptions& options) {
  return OptimizerFactory::make("Adam", options.learning_rate,
                                {{"beta_1", options.beta_1},
                                 {"beta_2", options.beta_2},
                                 {"epsilon", options.epsilon},
                                 {"amsgrad", options.amsgrad}});
}

}  // namespace optimizers
}  // namespace shoal
