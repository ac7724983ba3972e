#include "model/metrics/metric.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/losses/align.h"
#include "model/losses/functions.h"
#include "model/metrics/counting.h"
#include "model/metrics/functions.h"
#include "model/ops/ops.h"

namespace shoal {

using json = nlohmann::json;

struct MetricFactory {
  static Metric make(MetricFunction function, std::string name, json config, bool root,
                     std::shared_ptr<const Counting> counting) {
    Metric metric(std::move(function), std::move(name));
    metric.config_ = std::move(config);
    metric.root_ = root;
    metric.counting_ = std::move(counting);
    return metric;
  }
};

namespace {

// A metric of one number from the config.
template <auto kFunction>
MetricFunction with_number(const json& config, const char* key) {
  return [value = config.at(key).get<double>()](const Tensor& y_true, const Tensor& y_pred) {
    return kFunction(y_true, y_pred, value);
  };
}

template <auto kFunction>
MetricFunction crossentropy(const json& config) {
  return [logits = config.at("from_logits").get<bool>(), smooth = config.at("label_smoothing").get<double>()](
             const Tensor& y_true, const Tensor& y_pred) { return kFunction(y_true, y_pred, logits, smooth); };
}

MetricFunction sparse_crossentropy(const json& config) {
  return [logits = config.at("from_logits").get<bool>()](const Tensor& y_true, const Tensor& y_pred) {
    return losses::sparse_categorical_crossentropy(y_true, y_pred, logits);
  };
}

struct Row {
  const char *name, *class_name;  // class_name: null where Keras has none
  std::vector<std::string> aliases;
  json defaults;                               // keys of the config beside name and dtype
  MetricFunction (*make)(const json& config);  // null of one that counts
  bool root = false;                           // the root of the mean is reported
  Counting (*count)(const json& config) = nullptr;
};

template <auto kFunction>
MetricFunction plain(const json&) {
  return kFunction;
}

const std::vector<Row>& table() {
  static const json none = json::object(), top = {{"k", 5}};
  static const json smooth = {{"from_logits", false}, {"label_smoothing", 0.0}};
  static const json counted = {{"thresholds", nullptr}, {"top_k", nullptr}, {"class_id", nullptr}};
  static const json area = {{"num_thresholds", 200}, {"curve", "ROC"},        {"summation_method", "interpolation"},
                            {"multi_label", false},  {"num_labels", nullptr}, {"label_weights", nullptr},
                            {"from_logits", false}};
  static const std::vector<Row> rows = {
      {"accuracy", nullptr, {"acc"}, none, plain<metrics::accuracy>},
      {"binary_accuracy",
       "BinaryAccuracy",
       {},
       {{"threshold", 0.5}},
       [](const json& c) { return with_number<metrics::binary_accuracy>(c, "threshold"); }},
      {"categorical_accuracy", "CategoricalAccuracy", {}, none, plain<metrics::categorical_accuracy>},
      {"sparse_categorical_accuracy",
       "SparseCategoricalAccuracy",
       {},
       none,
       plain<metrics::sparse_categorical_accuracy>},
      {"top_k_categorical_accuracy",
       "TopKCategoricalAccuracy",
       {},
       top,
       [](const json& c) { return with_number<metrics::top_k_categorical_accuracy>(c, "k"); }},
      {"sparse_top_k_categorical_accuracy",
       "SparseTopKCategoricalAccuracy",
       {},
       top,
       [](const json& c) { return with_number<metrics::sparse_top_k_categorical_accuracy>(c, "k"); }},
      {"mean_squared_error", "MeanSquaredError", {"mse", "MSE"}, none, plain<losses::mean_squared_error>},
      {"root_mean_squared_error", "RootMeanSquaredError", {}, none, plain<metrics::squared_error>, true},
      {"mean_absolute_error", "MeanAbsoluteError", {"mae", "MAE"}, none, plain<losses::mean_absolute_error>},
      {"kl_divergence", "KLDivergence", {"kld", "KLD"}, none, plain<losses::kl_divergence>},
      {"binary_crossentropy", "BinaryCrossentropy", {"bce", "BCE"}, smooth, crossentropy<losses::binary_crossentropy>},
      {"categorical_crossentropy",
       "CategoricalCrossentropy",
       {},
       smooth,
       crossentropy<losses::categorical_crossentropy>},
      {"sparse_categorical_crossentropy",
       "SparseCategoricalCrossentropy",
       {},
       {{"from_logits", false}},
       sparse_crossentropy},
      {"precision", "Precision", {}, counted, nullptr, false, metrics::precision},
      {"recall", "Recall", {}, counted, nullptr, false, metrics::recall},
      {"auc", "AUC", {}, area, nullptr, false, metrics::auc},
  };
  return rows;
}

const Row& find(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : table()) {
    if (name == row.name || std::ranges::count(row.aliases, name) > 0) return row;
    if (row.class_name != nullptr && name == row.class_name) return row;
    names.emplace_back(row.name);
  }
  raise("unknown metric '{}'; registered: {}", name, fmt::join(names, ", "));
}

std::shared_ptr<const Counting> counting_of(const Row& row, const json& config) {
  return row.count != nullptr ? std::make_shared<const Counting>(row.count(config)) : nullptr;
}

// Values of a key must be of the kind of its default; metrics that count look at numbers and texts themselves.
void check(const std::string& class_name, const std::string& key, const json& fallback, const json& value) {
  if (fallback.is_null() || fallback.is_string()) return;
  if (fallback.is_boolean() ? !value.is_boolean() : !value.is_number())
    raise("metric {}: {} must be {}, received {}", class_name, key,
          fallback.is_boolean() ? "true or false" : "a number", value.dump());
  for (const char* alone : {"multi_label"})
    if (key == alone && value != fallback) raise("metric {}: {} is not supported", class_name, key);
}

// `given`: Keras's config, of which any key may be missing.
Metric by_class(const std::string& class_name, const json& given = json::object()) {
  const Row& row = find(class_name);
  json config = row.defaults;
  for (const auto& [key, fallback] : row.defaults.items()) {
    const json value = given.value(key, fallback);
    check(class_name, key, fallback, value);
    config[key] = value;
  }
  MetricFunction function = row.make != nullptr ? row.make(config) : MetricFunction();
  const std::shared_ptr<const Counting> counting = counting_of(row, config);
  const json name = given.value("name", json());
  config["name"] = name.is_string() && name != "" ? name : json(row.name);
  config["dtype"] = "float32";
  json object = {{"module", "keras.metrics"},
                 {"class_name", row.class_name != nullptr ? row.class_name : row.name},
                 {"config", config},
                 {"registered_name", nullptr}};
  return MetricFactory::make(std::move(function), config["name"], std::move(object), row.root, counting);
}

}  // namespace

Metric::Metric(const char* name) : Metric(std::string(name)) {}
// Keras calls a metric by the very word it was given.
Metric::Metric(const std::string& name) : name_(name), config_(name), root_(find(name).root) {
  const Row& row = find(name);
  if (row.make != nullptr) function_ = row.make(row.defaults);
  counting_ = counting_of(row, row.defaults);
}
Metric::Metric(MetricFunction function, std::string name) : function_(std::move(function)), name_(std::move(name)) {}

json Metric::get_config() const { return config_; }

std::vector<std::string> Metric::registered() {
  std::vector<std::string> names;
  for (const Row& row : table())
    if (row.class_name != nullptr) names.emplace_back(row.class_name);
  return names;
}

Metric Metric::from_config(const json& config) {
  if (config.is_string()) return Metric(config.get<std::string>());
  if (!config.is_object() || !config.contains("class_name") || !config["class_name"].is_string())
    raise("a metric is a name or an object with class_name and config, received {}", config.dump());
  const auto class_name = config["class_name"].get<std::string>();
  const json values = config.contains("config") ? config["config"] : json::object();
  if (class_name == "function" && values.is_string()) return Metric(values.get<std::string>());
  if (!values.is_object()) raise("metric {}: config must be an object, received {}", class_name, values.dump());
  return by_class(class_name, values);
}

Tensor Metric::operator()(const Tensor& y_true, const Tensor& y_pred) const {
  if (counting_) raise("metric '{}': it has no values of rows, it counts", name_);
  const bool own = config_.is_null();
  const auto [target, output] = own ? losses::align(y_true, y_pred) : std::pair(y_true, y_pred);
  const Tensor values = function_(target, output);
  if (!values.defined()) raise("metric '{}': the function gave an undefined tensor", name_);
  return values.dtype() == output.dtype() ? values : ops::cast(values, output.dtype());
}

Tensor Metric::weighted_sums(const Tensor& values, const Tensor& mask, const Tensor& weights) const {
  if (values.shape().rank() == 0)
    raise("metric '{}': a scalar cannot be weighted by sample_weight; the function must give a value per row", name_);
  Tensor used = weights;
  if (mask.defined()) {
    used = ops::cast(mask, values.dtype());
    if (weights.defined()) used = losses::weigh(used, weights);
  }
  std::vector<int> inner;  // axes that the weights do not know
  for (int axis = std::max(used.shape().rank(), 1); axis < values.shape().rank(); ++axis) inner.push_back(axis);
  const Tensor means = inner.empty() ? values : ops::mean(values, inner);
  const Tensor aligned = losses::align_weights(means, used);
  const auto one = [](const Tensor& sum) { return ops::reshape(sum, {1}); };
  return ops::concatenate({one(ops::sum(means * aligned)), one(ops::sum(aligned))}, 0);
}

double Metric::result(std::span<const double> sums) const {
  if (counting_) return counting_->result(sums);
  const double mean = sums[1] != 0 ? sums[0] / sums[1] : std::numeric_limits<double>::quiet_NaN();
  return root_ ? std::sqrt(mean) : mean;
}

namespace metrics {
namespace {
json config_of(const CrossentropyOptions& options) {
  return {{"from_logits", options.from_logits}, {"label_smoothing", options.label_smoothing}};
}
}  // namespace

Metric BinaryAccuracy(double threshold) { return by_class("BinaryAccuracy", {{"threshold", threshold}}); }
Metric CategoricalAccuracy() { return by_class("CategoricalAccuracy"); }
Metric SparseCategoricalAccuracy() { return by_class("SparseCategoricalAccuracy"); }
Metric TopKCategoricalAccuracy(std::int64_t k) { return by_class("TopKCategoricalAccuracy", {{"k", k}}); }
Metric SparseTopKCategoricalAccuracy(std::int64_t k) { return by_class("SparseTopKCategoricalAccuracy", {{"k", k}}); }
Metric MeanSquaredError() { return by_class("MeanSquaredError"); }
Metric RootMeanSquaredError() { return by_class("RootMeanSquaredError"); }
Metric MeanAbsoluteError() { return by_class("MeanAbsoluteError"); }
Metric KLDivergence() { return by_class("KLDivergence"); }
Metric Precision(double thresholds) { return by_class("Precision", {{"thresholds", thresholds}}); }
Metric Recall(double thresholds) { return by_class("Recall", {{"thresholds", thresholds}}); }
Metric AUC(const AUCOptions& options) {
  return by_class("AUC", {{"num_thresholds", options.num_thresholds},
                          {"curve", options.curve},
                          {"summation_method", options.summation_method},
                          {"from_logits", options.from_logits}});
}
Metric BinaryCrossentropy(const CrossentropyOptions& options) {
  return by_class("BinaryCrossentropy", config_of(options));
}
Metric CategoricalCrossentropy(const CrossentropyOptions& options) {
  return by_class("CategoricalCrossentropy", config_of(options));
}
Metric SparseCategoricalCrossentropy(const CrossentropyOptions& options) {
  if (options.label_smoothing != 0)
    raise("metric SparseCategoricalCrossentropy: it has no label_smoothing, received {}", options.label_smoothing);
  return by_class("SparseCategoricalCrossentropy", {{"from_logits", options.from_logits}});
}
}  // namespace metrics

}  // namespace shoal
