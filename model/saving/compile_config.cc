#include "model/saving/compile_config.h"

#include <map>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "model/saving/keras_config.h"
#include "model/train/objectives.h"

namespace shoal::saving {

using nlohmann::json;

namespace {

// Metrics may be nested as outputs are: [["accuracy"]].
void collect_metrics(const json& value, std::vector<Metric>& metrics) {
  if (value.is_null()) return;
  if (value.is_array()) {
    for (const json& part : value) collect_metrics(part, metrics);
  } else {
    metrics.push_back(Metric::from_config(plain_name(value)));
  }
}

std::vector<Metric> metrics_in(const json& value) {
  std::vector<Metric> metrics;
  collect_metrics(value, metrics);
  return metrics;
}

Metrics read_metrics(const json& value, std::size_t outputs) {
  if (value.is_object() && !value.contains("class_name")) {
    std::vector<std::pair<std::string, Several<Metric>>> named;
    for (const auto& [name, of_output] : value.items()) named.emplace_back(name, metrics_in(of_output));
    return named;
  }
  if (outputs == 1 || !value.is_array() || value.empty()) return metrics_in(value);
  std::vector<std::vector<Metric>> lists;
  for (const json& of_output : value) lists.push_back(metrics_in(of_output));
  return lists;
}

// One for all, a list, or by the output's name; null stands for none.
Several<Loss> read_loss(const json& value) {
  const auto one = [](const json& loss) { return Loss::from_config(plain_name(loss)); };
  if (value.is_array() && value.size() == 1) return one(value[0]);
  if (value.is_array()) {
    std::vector<Loss> list;
    for (const json& loss : value) list.push_back(one(loss));
    return list;
  }
  if (!value.is_object() || value.contains("class_name")) return one(value);
  std::map<std::string, Loss> named;
  for (const auto& [name, loss] : value.items()) named[name] = one(loss);
  return named;
}

Several<double> read_weights(const json& value) {
  if (value.is_null()) return {};
  if (value.is_number()) return value.get<double>();
  if (value.is_array()) return value.get<std::vector<double>>();
  return value.get<std::map<std::string, double>>();
}

template <class T, class Write>
json write_several(const Several<T>& values, Write write) {
  if (values.empty()) return nullptr;
  if (values.is_single()) return write(values.values().front());
  json result = values.is_named() ? json::object() : json::array();
  for (std::size_t i = 0; i < values.values().size(); ++i)
    if (values.is_named())
      result[values.names()[i]] = write(values.values()[i]);
    else
      result.push_back(write(values.values()[i]));
  return result;
}

json write_metrics(const std::vector<Metric>& metrics) {
  json result = json::array();
  for (const Metric& metric : metrics)
    if (json config = metric.get_config(); !config.is_null()) result.push_back(std::move(config));
  return result;
}

json write_metrics(const Metrics& metrics) {
  if (metrics.is_named()) {
    json named = json::object();
    for (const auto& [name, of_output] : metrics.named()) named[name] = write_metrics(of_output.values());
    return named;
  }
  if (metrics.lists().empty()) return write_metrics(metrics.list());
  json lists = json::array();
  for (const auto& list : metrics.lists()) lists.push_back(write_metrics(list));
  return lists;
}

}  // namespace

json compile_config(Model& model) {
  const CompileOptions& options = model.compile_options();
  for (const Loss& loss : options.loss.values())
    if (loss.defined() && loss.get_config().is_null()) return nullptr;
  if (options.loss.empty()) return nullptr;
  return {{"optimizer", model.optimizer().get_config()},
          {"loss", write_several(options.loss, [](const Loss& loss) { return loss.get_config(); })},
          {"loss_weights", write_several(options.loss_weights, [](double weight) { return json(weight); })},
          {"metrics", write_metrics(options.metrics)},
          {"weighted_metrics", options.weighted_metrics.empty() ? json() : write_metrics(options.weighted_metrics)},
          {"run_eagerly", options.run_eagerly}};
}

void compile_from_config(Model& model, const json& config) {
  CompileOptions options = {
      .optimizer = Optimizer::from_config(config.at("optimizer")),
      .loss = read_loss(config.at("loss")),
      .loss_weights = read_weights(config.value("loss_weights", json())),
      .metrics = read_metrics(config.value("metrics", json()), model.output_names().size()),
      .weighted_metrics = read_metrics(config.value("weighted_metrics", json()), model.output_names().size())};
  if (config.contains("run_eagerly") && config["run_eagerly"].is_boolean()) options.run_eagerly = config["run_eagerly"];
  model.compile(std::move(options));
  train::objectives(model);  // that they fit the outputs shows here
}

}  // namespace shoal::saving
