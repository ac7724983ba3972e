#include "model/losses/loss.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/losses/align.h"
#include "model/losses/functions.h"
#include "model/ops/ops.h"

namespace shoal {

using json = nlohmann::json;

struct LossFactory {
  static Loss make(LossFunction function, std::string name, json config, bool from_logits) {
    Loss loss(std::move(function), std::move(name));
    loss.config_ = std::move(config);
    loss.from_logits_ = from_logits;
    return loss;
  }
};

namespace {

json object(const char* class_name, json config) {
  return {{"module", "keras.losses"},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

struct Row {
  const char *name, *class_name, *object_name;  // the object's "name" in Keras
  std::vector<std::string> aliases;
  json defaults;  // keys of the config beside name and reduction
  LossFunction (*make)(const json& config);
  const char* activation = "";  // that makes the probabilities which the loss takes
};

const std::vector<Row>& table() {
  static const json crossentropy = {{"from_logits", false}, {"label_smoothing", 0.0}, {"axis", -1}};
  static const std::vector<Row> rows = {
      {"mean_squared_error",
       "MeanSquaredError",
       "mean_squared_error",
       {"mse", "MSE"},
       json::object(),
       [](const json&) -> LossFunction { return losses::mean_squared_error; }},
      {"mean_absolute_error",
       "MeanAbsoluteError",
       "mean_absolute_error",
       {"mae", "MAE"},
       json::object(),
       [](const json&) -> LossFunction { return losses::mean_absolute_error; }},
      {"huber",
       "Huber",
       "huber_loss",
       {},
       {{"delta", 1.0}},
       [](const json& c) -> LossFunction {
         return [delta = c.at("delta").get<double>()](const Tensor& t, const Tensor& p) {
           return losses::huber(t, p, delta);
         };
       }},
      {"kl_divergence",
       "KLDivergence",
       "kl_divergence",
       {"kld", "KLD"},
       json::object(),
       [](const json&) -> LossFunction { return losses::kl_divergence; }},
      {"binary_crossentropy",
       "BinaryCrossentropy",
       "binary_crossentropy",
       {"bce", "BCE"},
       crossentropy,
       [](const json& c) -> LossFunction {
         return [logits = c.at("from_logits").get<bool>(), smooth = c.at("label_smoothing").get<double>()](
                    const Tensor& t, const Tensor& p) { return losses::binary_crossentropy(t, p, logits, smooth); };
       },
       "sigmoid"},
      {"categorical_crossentropy",
       "CategoricalCrossentropy",
       "categorical_crossentropy",
       {},
       crossentropy,
       [](const json& c) -> LossFunction {
         return
             [logits = c.at("from_logits").get<bool>(), smooth = c.at("label_smoothing").get<double>()](
                 const Tensor& t, const Tensor& p) { return losses::categorical_crossentropy(t, p, logits, smooth); };
       },
       "softmax"},
      {"sparse_categorical_crossentropy",
       "SparseCategoricalCrossentropy",
       "sparse_categorical_crossentropy",
       {},
       {{"from_logits", false}, {"ignore_class", nullptr}},
       [](const json& c) -> LossFunction {
         return [logits = c.at("from_logits").get<bool>()](const Tensor& t, const Tensor& p) {
           return losses::sparse_categorical_crossentropy(t, p, logits);
         };
       },
       "softmax"},
  };
  return rows;
}

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : table()) {
    if (name == row.name || name == row.class_name || std::ranges::count(row.aliases, name) > 0) return row;
    names.emplace_back(row.name);
  }
  raise("unknown loss '{}'; registered: {}", name, fmt::join(names, ", "));
}

Loss by_name(const std::string& name) {
  const Row& row = find(name);
  return LossFactory::make(row.make(row.defaults), row.name, row.name, false);
}

json checked(const Row& row, const std::string& key, const json& value) {
  const json& fallback = row.defaults.at(key);
  if (value.is_null()) return fallback;
  if ((key == "axis" && value != -1) || key == "ignore_class")
    raise("loss {}: {} other than {} is not supported, received {}", row.class_name, key, fallback.dump(),
          value.dump());
  if (fallback.is_boolean() ? !value.is_boolean() : !value.is_number())
    raise("loss {}: {} must be {}, received {}", row.class_name, key,
          fallback.is_boolean() ? "true or false" : "a number", value.dump());
  if (key == "label_smoothing" && !(value >= 0.0 && value <= 1.0))
    raise("loss {}: label_smoothing must be in [0, 1], received {}", row.class_name, value.dump());
  return value;
}

// `given`: Keras's config, of which any key may be missing.
Loss by_class(const std::string& class_name, const json& given) {
  const Row& row = find(class_name);
  json config = row.defaults;
  for (const auto& item : row.defaults.items())
    if (given.contains(item.key())) config[item.key()] = checked(row, item.key(), given[item.key()]);
  const json reduction = given.value("reduction", json("sum_over_batch_size"));
  if (reduction != "sum_over_batch_size" && reduction != "mean")
    raise("loss {}: reduction other than \"sum_over_batch_size\" is not supported, received {}", row.class_name,
          reduction.dump());
  const bool from_logits = config.value("from_logits", false);
  LossFunction function = row.make(config);
  config["name"] = row.object_name;
  config["reduction"] = "sum_over_batch_size";
  return LossFactory::make(std::move(function), row.name, object(row.class_name, std::move(config)), from_logits);
}

}  // namespace

Loss::Loss(const char* name) : Loss(std::string(name)) {}
Loss::Loss(const std::string& name) : Loss(by_name(name)) {}
Loss::Loss(LossFunction function, std::string name) : function_(std::move(function)), name_(std::move(name)) {}

json Loss::get_config() const { return config_; }

Loss Loss::from_config(const json& config) {
  if (config.is_null()) return {};
  if (config.is_string()) return Loss(config.get<std::string>());
  if (!config.is_object() || !config.contains("class_name") || !config["class_name"].is_string())
    raise("a loss is a name or an object with class_name and config, received {}", config.dump());
  const auto class_name = config["class_name"].get<std::string>();
  const json values = config.contains("config") ? config["config"] : json();
  if (class_name == "function" && values.is_string()) return Loss(values.get<std::string>());
  if (!values.is_null() && !values.is_object())
    raise("loss {}: config must be an object, received {}", class_name, values.dump());
  return by_class(class_name, values.is_null() ? json::object() : values);
}

std::vector<std::string> Loss::registered() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.emplace_back(row.class_name);
  return names;
}

namespace {

// The mean over the values that the mask keeps; how many, where it is known.
Tensor masked_mean(const std::string& name, const Tensor& values, const Tensor& mask, const Tensor& known) {
  if (mask.shape() != values.shape())
    raise("loss '{}': the mask of the predictions must have the values' shape {}, received {}", name,
          values.shape().to_string(), mask.shape().to_string());
  const Tensor kept = ops::cast(mask, values.dtype());
  return ops::sum(values * kept) / (known.defined() ? known : ops::maximum(ops::sum(kept), 1));
}

}  // namespace

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& mask, const Tensor& kept) const {
  if (!defined()) raise("no loss was given to compile()");
  const bool own = config_.is_null();
  const auto [target, output] = own ? losses::align(y_true, y_pred) : std::pair(y_true, y_pred);
  const Tensor values = function_(target, output);
  if (!values.defined() || !is_floating(values.dtype()))
    raise("loss '{}': the function must give floating values, one per row or a scalar", name_);
  if (values.shape().rank() == 0) return values;
  const Tensor keeps = mask.defined() ? mask : graph::mask_of(y_pred);
  return keeps.defined() ? masked_mean(name_, values, keeps, kept) : ops::mean(values);
}

Loss Loss::weighted_by(const Tensor& weights) const {
  Loss result = *this;
  result.function_ = [function = function_, name = name_, weights](const Tensor& y_true, const Tensor& y_pred) {
    const Tensor values = function(y_true, y_pred);
    if (values.defined() && values.shape().rank() == 0)
      raise("loss '{}': a scalar cannot be weighted by sample_weight; the function must give a value per row", name);
    return losses::weigh(values, weights);
  };
  return result;
}

std::string Loss::activation() const { return from_logits_ || config_.is_null() ? "" : find(name_).activation; }

Loss Loss::on_logits() const {
  if (activation().empty()) return {};
  json config = config_.is_object() ? config_.at("config") : json::object();
  config["from_logits"] = true;
  return by_class(name_, config);
}

namespace losses {
namespace {
json config_of(const CrossentropyOptions& options) {
  return {{"from_logits", options.from_logits}, {"label_smoothing", options.label_smoothing}};
}
}  // namespace

Loss BinaryCrossentropy(const CrossentropyOptions& options) {
  return by_class("BinaryCrossentropy", config_of(options));
}
Loss CategoricalCrossentropy(const CrossentropyOptions& options) {
  return by_class("CategoricalCrossentropy", config_of(options));
}
Loss SparseCategoricalCrossentropy(const CrossentropyOptions& options) {
  if (options.label_smoothing != 0)
    raise("loss SparseCategoricalCrossentropy: it has no label_smoothing, received {}", options.label_smoothing);
  return by_class("SparseCategoricalCrossentropy", {{"from_logits", options.from_logits}});
}
Loss MeanSquaredError() { return by_class("MeanSquaredError", json::object()); }
Loss MeanAbsoluteError() { return by_class("MeanAbsoluteError", json::object()); }
Loss Huber(double delta) { return by_class("Huber", {{"delta", delta}}); }
Loss KLDivergence() { return by_class("KLDivergence", json::object()); }
}  // namespace losses

}  // namespace shoal
