#include "model/losses/loss.h"

#include <fmt/ranges.h>

#include <vector>

#include "common/base/error.h"
#include "model/losses/align.h"
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

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = losses::align(y_true, y_pred);
  if (target.shape() != output.shape())
    raise("mean_squared_error: y_true and y_pred must have one shape, received {} and {}", y_true.shape().to_string(),
          y_pred.shape().to_string());
  return ops::mean(ops::square(output - target), {-1});
}

LossFunction categorical(bool from_logits) {
  return [from_logits](const Tensor& y_true, const Tensor& y_pred) {
    const auto [target, output] = losses::align(y_true, y_pred);
    if (target.shape() != output.shape())
      raise(
          "categorical_crossentropy: y_true and y_pred must have one shape, received {} and {}; integer labels need "
          "sparse_categorical_crossentropy",
          y_true.shape().to_string(), y_pred.shape().to_string());
    return ops::categorical_crossentropy(target, output, from_logits);
  };
}

LossFunction sparse(bool from_logits) {
  return [from_logits](const Tensor& y_true, const Tensor& y_pred) {
    const Tensor labels = losses::squeeze_labels(y_true, y_pred);
    if (labels.shape().rank() + 1 != y_pred.shape().rank())
      raise(
          "sparse_categorical_crossentropy: y_true must hold one label per prediction, received shape {} for y_pred "
          "of shape {}",
          y_true.shape().to_string(), y_pred.shape().to_string());
    return ops::sparse_categorical_crossentropy(labels, y_pred, from_logits);
  };
}

json object(const char* class_name, json config) {
  return {{"module", "keras.losses"},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

struct Row {
  const char *name, *alias, *class_name;
  LossFunction (*make)(bool from_logits);
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"mean_squared_error", "mse", "MeanSquaredError", [](bool) -> LossFunction { return mean_squared_error; }},
      {"categorical_crossentropy", nullptr, "CategoricalCrossentropy", categorical},
      {"sparse_categorical_crossentropy", nullptr, "SparseCategoricalCrossentropy", sparse},
  };
  return rows;
}

bool has_logits(const Row& row) { return std::string_view(row.name) != "mean_squared_error"; }

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : table()) {
    if (name == row.name || name == row.class_name || (row.alias && (name == row.alias || name == "MSE"))) return row;
    names.emplace_back(row.name);
  }
  raise("unknown loss '{}'; registered: {}", name, fmt::join(names, ", "));
}

Loss by_name(const std::string& name) {
  const Row& row = find(name);
  return LossFactory::make(row.make(false), row.name, row.name, false);
}

Loss by_class(const std::string& class_name, bool from_logits) {
  const Row& row = find(class_name);
  json config = {{"name", row.name}, {"reduction", "sum_over_batch_size"}};
  if (has_logits(row)) config["from_logits"] = from_logits;
  return LossFactory::make(row.make(from_logits), row.name, object(row.class_name, std::move(config)), from_logits);
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
  const json known = {
      {"reduction", "sum_over_batch_size"}, {"label_smoothing", 0.0}, {"axis", -1}, {"ignore_class", nullptr}};
  for (const auto& [key, value] : known.items())
    if (values.is_object() && values.contains(key) && values[key] != value)
      raise("loss {}: {} other than {} is not supported, received {}", class_name, key, value.dump(),
            values[key].dump());
  const bool from_logits = values.is_object() && values.contains("from_logits") && values["from_logits"] == true;
  return by_class(class_name, from_logits);
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  if (!defined()) raise("no loss was given to compile()");
  const bool own = config_.is_null();
  const auto [target, output] = own ? losses::align(y_true, y_pred) : std::pair(y_true, y_pred);
  const Tensor values = function_(target, output);
  if (!values.defined() || !is_floating(values.dtype()))
    raise("loss '{}': the function must give floating values, one per row or a scalar", name_);
  return values.shape().rank() == 0 ? values : ops::mean(values);
}

Loss Loss::on_logits() const {
  if (from_logits_ || config_.is_null() || !has_logits(find(name_))) return {};
  return by_class(name_, true);
}

namespace losses {
Loss CategoricalCrossentropy(const CrossentropyOptions& options) {
  return by_class("CategoricalCrossentropy", options.from_logits);
}
Loss SparseCategoricalCrossentropy(const CrossentropyOptions& options) {
  return by_class("SparseCategoricalCrossentropy", options.from_logits);
}
Loss MeanSquaredError() { return by_class("MeanSquaredError", false); }
}  // namespace losses

}  // namespace shoal
