#include "model/layers/regularizers.h"

#include <fmt/ranges.h>

#include <cmath>

#include "common/base/error.h"
#include "model/ops/ops.h"

namespace shoal::regularizers {
namespace {

using json = nlohmann::json;

struct Row {
  const char *name, *alias, *class_name;
  json defaults;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {{"l1", "l1", "L1", {{"l1", 0.01}}},
                                        {"l2", "l2", "L2", {{"l2", 0.01}}},
                                        {"l1_l2", "l1l2", "L1L2", {{"l1", 0.0}, {"l2", 0.0}}}};
  return rows;
}

const Row& find(const std::string& name) {
  for (const Row& row : table())
    if (name == row.name || name == row.alias || name == row.class_name) return row;
  raise("unknown regularizer '{}'; registered: {}", name, fmt::join(registered(), ", "));
}

json object(const Row& row, const json& given) {
  json config = row.defaults;
  for (const auto& [key, fallback] : row.defaults.items()) {
    if (!given.contains(key) || given[key].is_null()) continue;
    if (!given[key].is_number() || !(given[key].get<double>() >= 0) || std::isinf(given[key].get<double>()))
      raise("regularizer {}: {} must be a number that is not negative, received {}", row.class_name, key,
            given[key].dump());
    config[key] = given[key].get<double>();
  }
  return {{"module", "keras.regularizers"},
          {"class_name", row.class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

// l1 sum |x| + l2 sum x^2 over `axes`; undefined when both are 0.
Tensor sum_over(const Regularizer& regularizer, const Tensor& x, const std::vector<int>& axes) {
  const json config = get_config(regularizer).at("config");
  const double l1 = config.value("l1", 0.0), l2 = config.value("l2", 0.0);
  const auto part = [&](const Tensor& values, double factor) { return ops::sum(values, axes) * factor; };
  Tensor total;
  if (l1 != 0) total = part(ops::abs(x), l1);
  if (l2 != 0) {
    const Tensor squares = part(ops::square(x), l2);
    total = total.defined() ? total + squares : squares;
  }
  return total;
}

}  // namespace

Regularizer L1(double l1) { return object(find("l1"), {{"l1", l1}}); }
Regularizer L2(double l2) { return object(find("l2"), {{"l2", l2}}); }
Regularizer L1L2(double l1, double l2) { return object(find("l1_l2"), {{"l1", l1}, {"l2", l2}}); }

Tensor penalty(const Regularizer& regularizer, const Tensor& x) {
  return regularizer.is_null() ? Tensor() : sum_over(regularizer, x, {});
}

Tensor penalty_per_row(const Regularizer& regularizer, const Tensor& x) {
  if (regularizer.is_null()) return {};
  std::vector<int> axes;
  for (int axis = 1; axis < x.shape().rank(); ++axis) axes.push_back(axis);
  if (!axes.empty()) return sum_over(regularizer, x, axes);
  return sum_over(regularizer, ops::expand_dims(x, -1), {1});
}

json get_config(const Regularizer& regularizer) {
  if (regularizer.is_null()) return nullptr;
  if (regularizer.is_string()) return object(find(regularizer.get<std::string>()), json::object());
  if (!regularizer.is_object() || !regularizer.contains("class_name") || !regularizer["class_name"].is_string())
    raise("a regularizer is null, a name or an object with class_name and config, received {}", regularizer.dump());
  const json config = regularizer.value("config", json::object());
  return object(find(regularizer["class_name"].get<std::string>()), config.is_null() ? json::object() : config);
}

std::vector<std::string> registered() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.emplace_back(row.name);
  return names;
}

}  // namespace shoal::regularizers
