#include "model/metrics/metric.h"

#include <fmt/ranges.h>

#include <vector>

#include "common/base/error.h"
#include "model/losses/align.h"
#include "model/ops/ops.h"

namespace shoal {

using json = nlohmann::json;

struct MetricFactory {
  static Metric make(MetricFunction function, std::string name, json config) {
    Metric metric(std::move(function), std::move(name));
    metric.config_ = std::move(config);
    return metric;
  }
};

namespace {

Tensor as(const Tensor& values, DType dtype) { return values.dtype() == dtype ? values : ops::cast(values, dtype); }

MetricFunction binary_accuracy(double threshold) {
  return [threshold](const Tensor& y_true, const Tensor& y_pred) {
    const auto [target, output] = losses::align(y_true, y_pred);
    const Tensor positive = as(ops::greater(output, Tensor(threshold)), output.dtype());
    return as(ops::equal(target, positive), output.dtype());
  };
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return as(ops::equal(ops::argmax(y_true), ops::argmax(y_pred)), y_pred.dtype());
}

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor labels = as(losses::squeeze_labels(y_true, y_pred), DType::kInt64);
  return as(ops::equal(labels, ops::argmax(y_pred)), y_pred.dtype());
}

// As Keras picks by the shapes.
Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  if (y_pred.shape().rank() > 0 && y_pred.shape()[-1] == 1) return binary_accuracy(0.5)(y_true, y_pred);
  const bool labels = y_true.shape().rank() < y_pred.shape().rank() || y_true.shape()[-1] == 1;
  return labels ? sparse_categorical_accuracy(y_true, y_pred) : categorical_accuracy(y_true, y_pred);
}

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [target, output] = losses::align(y_true, y_pred);
  return ops::mean(ops::square(output - target), {-1});
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred) {
  return ops::categorical_crossentropy(as(y_true, y_pred.dtype()), y_pred);
}

Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred) {
  return ops::sparse_categorical_crossentropy(losses::squeeze_labels(y_true, y_pred), y_pred);
}

struct Row {
  const char *name, *alias, *class_name;
  MetricFunction function;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"accuracy", "acc", nullptr, accuracy},
      {"binary_accuracy", nullptr, "BinaryAccuracy", binary_accuracy(0.5)},
      {"categorical_accuracy", nullptr, "CategoricalAccuracy", categorical_accuracy},
      {"sparse_categorical_accuracy", nullptr, "SparseCategoricalAccuracy", sparse_categorical_accuracy},
      {"mean_squared_error", "mse", "MeanSquaredError", mean_squared_error},
      {"categorical_crossentropy", nullptr, "CategoricalCrossentropy", categorical_crossentropy},
      {"sparse_categorical_crossentropy", nullptr, "SparseCategoricalCrossentropy", sparse_categorical_crossentropy},
  };
  return rows;
}

bool is(const char* candidate, const std::string& name) { return candidate != nullptr && name == candidate; }

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : table()) {
    if (is(row.name, name) || is(row.alias, name) || is(row.class_name, name)) return row;
    names.emplace_back(row.name);
  }
  raise("unknown metric '{}'; registered: {}", name, fmt::join(names, ", "));
}

Metric by_class(const char* class_name, std::string name = "") {
  const Row& row = find(class_name);
  if (name.empty()) name = row.name;
  json config = {{"module", "keras.metrics"},
                 {"class_name", class_name},
                 {"config", {{"name", name}, {"dtype", "float32"}}},
                 {"registered_name", nullptr}};
  return MetricFactory::make(row.function, std::move(name), std::move(config));
}

}  // namespace

Metric::Metric(const char* name) : Metric(std::string(name)) {}
// Keras calls a metric by the very word it was given.
Metric::Metric(const std::string& name) : function_(find(name).function), name_(name), config_(name) {}
Metric::Metric(MetricFunction function, std::string name) : function_(std::move(function)), name_(std::move(name)) {}

json Metric::get_config() const { return config_; }

Metric Metric::from_config(const json& config) {
  if (config.is_string()) return Metric(config.get<std::string>());
  if (!config.is_object() || !config.contains("class_name") || !config["class_name"].is_string())
    raise("a metric is a name or an object with class_name and config, received {}", config.dump());
  const auto class_name = config["class_name"].get<std::string>();
  const json values = config.contains("config") ? config["config"] : json::object();
  if (class_name == "function" && values.is_string()) return Metric(values.get<std::string>());
  if (!values.is_object()) raise("metric {}: config must be an object, received {}", class_name, values.dump());
  const std::string name =
      values.contains("name") && values["name"].is_string() ? values["name"].get<std::string>() : "";
  if (class_name != "BinaryAccuracy") return by_class(class_name.c_str(), name);
  const bool given = values.contains("threshold") && values["threshold"].is_number();
  Metric metric = metrics::BinaryAccuracy(given ? values["threshold"].get<double>() : 0.5);
  if (!name.empty()) metric.name_ = name;
  return metric;
}

Tensor Metric::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  const bool own = config_.is_null();
  const auto [target, output] = own ? losses::align(y_true, y_pred) : std::pair(y_true, y_pred);
  const Tensor values = function_(target, output);
  if (!values.defined()) raise("metric '{}': the function gave an undefined tensor", name_);
  return as(values, output.dtype());
}

namespace metrics {
Metric BinaryAccuracy(double threshold) {
  json config = {{"module", "keras.metrics"},
                 {"class_name", "BinaryAccuracy"},
                 {"config", {{"name", "binary_accuracy"}, {"dtype", "float32"}, {"threshold", threshold}}},
                 {"registered_name", nullptr}};
  return MetricFactory::make(binary_accuracy(threshold), "binary_accuracy", std::move(config));
}
Metric CategoricalAccuracy() { return by_class("CategoricalAccuracy"); }
Metric SparseCategoricalAccuracy() { return by_class("SparseCategoricalAccuracy"); }
Metric MeanSquaredError() { return by_class("MeanSquaredError"); }
}  // namespace metrics

}  // namespace shoal
