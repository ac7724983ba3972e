#include "model/train/objectives.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "common/base/error.h"

namespace shoal::train {
namespace {

using Names = std::vector<std::string>;

// Values in the order of the outputs; one stands for all when `spread`. Positions of a partial list by name are left.
template <class T>
void distribute(const Several<T>& given, const Names& outputs, const std::string& what, bool spread,
                const std::function<void(std::size_t, const T&)>& set) {
  given.check_names(outputs, what);
  if (given.is_named()) {
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (const int at = given.find(outputs[i]); at >= 0) set(i, given.values()[static_cast<std::size_t>(at)]);
    return;
  }
  const bool to_all = given.is_single() && (spread || outputs.size() == 1);
  if (!to_all && !given.empty() && given.values().size() != outputs.size())
    raise("{} must be one for each of the outputs {}, received {}", what, fmt::join(outputs, ", "),
          given.values().size());
  for (std::size_t i = 0; i < outputs.size() && !given.empty(); ++i) set(i, given.values()[to_all ? 0 : i]);
}

using List = std::vector<Metric> Objective::*;

void distribute_metrics(const Metrics& metrics, const Names& outputs, List list, std::vector<Objective>& result) {
  if (metrics.is_named()) {
    for (const auto& [name, of_output] : metrics.named()) {
      const auto at = std::ranges::find(outputs, name);
      if (at == outputs.end())
        raise("compile: metrics: no output is named '{}'; there are: {}", name, fmt::join(outputs, ", "));
      result[static_cast<std::size_t>(at - outputs.begin())].*list = of_output.values();
    }
    return;
  }
  if (!metrics.lists().empty()) {
    if (metrics.lists().size() != outputs.size())
      raise("compile: metrics must be a list for each of the outputs {}, received {}", fmt::join(outputs, ", "),
            metrics.lists().size());
    for (std::size_t i = 0; i < outputs.size(); ++i) result[i].*list = metrics.lists()[i];
    return;
  }
  const std::vector<Metric>& all = metrics.list();
  if (outputs.size() == 1) {
    result[0].*list = all;
  } else if (!all.empty()) {
    if (all.size() != outputs.size())
      raise("compile: metrics must be one for each of the outputs {} or given by their names, received {}",
            fmt::join(outputs, ", "), all.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) result[i].*list = {all[i]};
  }
}

}  // namespace

std::vector<Objective> objectives(const Model& model) {
  const CompileOptions& options = model.compile_options();
  const Names outputs = model.output_names();
  std::vector<Objective> result(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) result[i].output = outputs[i];
  distribute<Loss>(options.loss, outputs, "compile: loss", true,
                   [&](std::size_t i, const Loss& loss) { result[i].loss = loss; });
  distribute<double>(options.loss_weights, outputs, "compile: loss_weights", false,
                     [&](std::size_t i, const double& weight) { result[i].weight = weight; });
  distribute_metrics(options.metrics, outputs, &Objective::metrics, result);
  distribute_metrics(options.weighted_metrics, outputs, &Objective::weighted_metrics, result);
  return result;
}

std::size_t logged_losses(const std::vector<Objective>& objectives) {
  const auto count = std::ranges::count_if(objectives, [](const Objective& each) { return each.loss.defined(); });
  return count > 1 ? static_cast<std::size_t>(count) : 0;
}

std::vector<LoggedMetric> logged_metrics(const std::vector<Objective>& objectives) {
  std::vector<LoggedMetric> result;
  for (const bool weighted : {false, true})
    for (std::size_t i = 0; i < objectives.size(); ++i)
      for (const Metric& metric : weighted ? objectives[i].weighted_metrics : objectives[i].metrics)
        result.push_back({i, &metric, weighted});
  return result;
}

Names log_names(const std::vector<Objective>& objectives) {
  Names names = {"loss"};
  if (logged_losses(objectives) > 0)
    for (const Objective& objective : objectives)
      if (objective.loss.defined()) names.push_back(objective.output + "_loss");
  std::map<std::string, int> used;
  for (const auto& [output, metric, weighted] : logged_metrics(objectives)) {
    const std::string prefix = objectives.size() > 1 ? objectives[output].output + "_" : "";
    std::string name = prefix + metric->name();
    if (weighted && used[name] > 0) name = prefix + "weighted_" + metric->name();
    const int count = used[name]++;
    names.push_back(count > 0 ? fmt::format("{}_{}", name, count) : name);
  }
  return names;
}

std::vector<Tensor> order_inputs(const Model& model, const char* what, const Several<Tensor>& x) {
  const Names names = model.input_names();
  if (!x.is_named()) {
    if (x.values().size() != names.size())
      raise("{}: model '{}' takes {} inputs ({}), received {}", what, model.name(), names.size(),
            fmt::join(names, ", "), x.values().size());
    return x.values();
  }
  x.check_names(names, fmt::format("{}: x", what));
  std::vector<Tensor> result;
  for (const std::string& name : names) {
    const int at = x.find(name);
    if (at < 0) raise("{}: x has nothing for input '{}'", what, name);
    result.push_back(x.values()[static_cast<std::size_t>(at)]);
  }
  return result;
}

std::vector<Tensor> order_weights(const Model& model, const char* what, const Several<Tensor>& sample_weight) {
  const Names names = model.output_names();
  std::vector<Tensor> result(names.size());
  if (sample_weight.empty()) return result;
  distribute<Tensor>(sample_weight, names, fmt::format("{}: sample_weight", what), true,
                     [&](std::size_t i, const Tensor& weights) { result[i] = weights; });
  for (const Tensor& weights : result)
    if (weights.defined() && weights.shape().rank() == 0)
      raise("{}: sample_weight needs an axis of samples in front, received a scalar", what);
  return result;
}

std::vector<Tensor> order_targets(const Model& model, const char* what, const Several<Tensor>& y) {
  const std::vector<Objective> wanted = objectives(model);
  const auto targets = static_cast<std::size_t>(std::ranges::count_if(wanted, &Objective::has_target));
  Names names;
  for (const Objective& objective : wanted) names.push_back(objective.output);
  y.check_names(names, fmt::format("{}: y", what));
  if (!y.is_named() && y.values().size() != wanted.size() && y.values().size() != targets)
    raise("{}: model '{}' has {} outputs ({}), y holds {}", what, model.name(), wanted.size(), fmt::join(names, ", "),
          y.values().size());
  const bool all = y.values().size() == wanted.size();
  std::vector<Tensor> result;
  std::size_t next = 0;
  for (const Objective& objective : wanted) {
    if (y.is_named()) {
      const int at = y.find(objective.output);
      if (at < 0 && objective.has_target()) raise("{}: y has nothing for output '{}'", what, objective.output);
      result.push_back(at < 0 ? Tensor() : y.values()[static_cast<std::size_t>(at)]);
    } else {
      result.push_back(all || objective.has_target() ? y.values()[next++] : Tensor());
    }
    if (!objective.has_target()) result.back() = Tensor();
  }
  return result;
}

}  // namespace shoal::train
