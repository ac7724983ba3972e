#include "model/train/optimizer.h"

#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "common/base/error.h"
#include "common/optim/rule.h"

namespace shoal {

using json = nlohmann::json;

struct OptimizerFactory {
  static Optimizer make(std::string class_name, const LearningRate& learning_rate, json rule) {
    const double rate = learning_rate.at(0);
    if (!(rate >= 0) || std::isinf(rate))
      raise("optimizer {}: learning_rate must be a number that is not negative, received {}", class_name, rate);
    rule["class_name"] = class_name;
    Optimizer optimizer;
    optimizer.class_name_ = std::move(class_name);
    optimizer.learning_rate = rate;
    optimizer.schedule_ = learning_rate.schedule();
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
constexpr Row kTable[] = {{"sgd", "SGD", 0.01},
                          {"adam", "Adam", 0.001},
                          {"adamw", "AdamW", 0.001},
                          {"rmsprop", "RMSprop", 0.001},
                          {"adagrad", "Adagrad", 0.001}};
constexpr const char* kCommon[] = {"weight_decay", "clipnorm", "global_clipnorm", "clipvalue"};

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : kTable) {
    if (name == row.name || name == row.class_name) return row;
    names.emplace_back(row.name);
  }
  raise("unknown optimizer '{}'; registered: {}", name, fmt::join(names, ", "));
}

// Keys of every Keras optimizer that are not supported, and the value that means "not used".
const json& unused() {
  static const json keys = {{"use_ema", false},
                            {"ema_overwrite_frequency", nullptr},
                            {"loss_scale_factor", nullptr},
                            {"gradient_accumulation_steps", nullptr}};
  return keys;
}

// A number or Keras's object of a schedule.
LearningRate read_learning_rate(const Row& row, const json& rate) {
  if (rate.is_object() && rate.contains("class_name") && rate["class_name"].is_string())
    return optim::make_schedule(rate["class_name"].get<std::string>(), rate.value("config", json::object()));
  if (!rate.is_number())
    raise("optimizer {}: learning_rate must be a number or a schedule, received {}", row.class_name, rate.dump());
  // A float32 printed as double goes back to the decimal number that it stands for.
  const double read = rate.get<double>();
  const bool widened = static_cast<double>(static_cast<float>(read)) == read;
  return widened ? std::stod(fmt::format("{}", static_cast<float>(read))) : read;
}

// Options in front of rule, by the names that both share.
template <class Options>
json common_of(const Options& options, json rule) {
  const auto set = [&](const char* key, const std::optional<double>& value) {
    if (value) rule[key] = *value;
  };
  set("weight_decay", options.weight_decay);
  set("clipnorm", options.clipnorm);
  set("global_clipnorm", options.global_clipnorm);
  set("clipvalue", options.clipvalue);
  return rule;
}

}  // namespace

std::vector<std::string> Optimizer::registered() {
  std::vector<std::string> names;
  for (const Row& row : kTable) names.emplace_back(row.class_name);
  return names;
}

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
  json rule = json::object();
  const auto take = [&](const std::string& key) {
    if (values.contains(key) && !values[key].is_null()) rule[key] = values[key];
  };
  const json known = optim::make_rule({{"class_name", row.class_name}})->config();
  for (const auto& item : known.items()) take(item.key());
  for (const char* key : kCommon) take(key);
  rule.erase("class_name");
  const json rate = values.value("learning_rate", json(row.learning_rate));
  return OptimizerFactory::make(row.class_name, read_learning_rate(row, rate), std::move(rule));
}

json Optimizer::rule() const { return rule_; }

json Optimizer::get_config() const {
  json values = {{"name", find(class_name_).name},
                 {"learning_rate", static_cast<double>(static_cast<float>(learning_rate))},
                 {"ema_momentum", 0.99}};
  if (schedule_)
    values["learning_rate"] = {{"module", "keras.optimizers.schedules"},
                               {"class_name", schedule_->class_name()},
                               {"config", schedule_->get_config()},
                               {"registered_name", nullptr}};
  values.update(unused());
  for (const char* key : kCommon) values[key] = nullptr;
  values.update(rule_);
  values.erase("class_name");
  return {
      {"module", "keras.optimizers"}, {"class_name", class_name_}, {"config", values}, {"registered_name", nullptr}};
}

namespace optimizers {

Optimizer SGD(const SGDOptions& options) {
  return OptimizerFactory::make("SGD", options.learning_rate,
                                common_of(options, {{"momentum", options.momentum}, {"nesterov", options.nesterov}}));
}

Optimizer Adam(const AdamOptions& options) {
  return OptimizerFactory::make("Adam", options.learning_rate,
                                common_of(options, {{"beta_1", options.beta_1},
                                                    {"beta_2", options.beta_2},
                                                    {"epsilon", options.epsilon},
                                                    {"amsgrad", options.amsgrad}}));
}

Optimizer AdamW(const AdamWOptions& options) {
  return OptimizerFactory::make("AdamW", options.learning_rate,
                                common_of(options, {{"beta_1", options.beta_1},
                                                    {"beta_2", options.beta_2},
                                                    {"epsilon", options.epsilon},
                                                    {"amsgrad", options.amsgrad}}));
}

Optimizer RMSprop(const RMSpropOptions& options) {
  return OptimizerFactory::make("RMSprop", options.learning_rate,
                                common_of(options, {{"rho", options.rho},
                                                    {"momentum", options.momentum},
                                                    {"epsilon", options.epsilon},
                                                    {"centered", options.centered}}));
}

Optimizer Adagrad(const AdagradOptions& options) {
  return OptimizerFactory::make("Adagrad", options.learning_rate,
                                common_of(options, {{"initial_accumulator_value", options.initial_accumulator_value},
                                                    {"epsilon", options.epsilon}}));
}

}  // namespace optimizers
}  // namespace shoal
