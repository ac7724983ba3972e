#include "model/saving/compile_config.h"

#include <string>
#include <vector>

#include "common/base/error.h"
#include "model/saving/keras_config.h"

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

json only_one(const json& value) { return value.is_array() && value.size() == 1 ? value[0] : value; }

bool is_empty(const json& value) { return value.is_null() || (value.is_array() && value.empty()); }

}  // namespace

json compile_config(Model& model) {
  const CompileOptions& options = model.compile_options();
  const json loss = options.loss.get_config();
  if (loss.is_null()) return nullptr;
  json metrics = json::array();
  for (const Metric& metric : options.metrics)
    if (json config = metric.get_config(); !config.is_null()) metrics.push_back(std::move(config));
  return {{"optimizer", model.optimizer().get_config()},
          {"loss", loss},
          {"loss_weights", nullptr},
          {"metrics", std::move(metrics)},
          {"weighted_metrics", nullptr},
          {"run_eagerly", options.run_eagerly}};
}

void compile_from_config(Model& model, const json& config) {
  for (const char* key : {"loss_weights", "weighted_metrics"})
    if (config.contains(key) && !is_empty(config[key]))
      raise<ValueError>("compile: {} = {} is not supported", key, config[key].dump());
  CompileOptions options = {.optimizer = Optimizer::from_config(config.at("optimizer")),
                            .loss = Loss::from_config(plain_name(only_one(config.at("loss"))))};
  if (config.contains("metrics")) collect_metrics(config["metrics"], options.metrics);
  if (config.contains("run_eagerly") && config["run_eagerly"].is_boolean()) options.run_eagerly = config["run_eagerly"];
  model.compile(std::move(options));
}

}  // namespace shoal::saving
