#include "model/layers/initializers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::initializers {
namespace {

using json = nlohmann::json;
using Draw = std::function<double(random::Generator&)>;

// Of a normal distribution of deviation 1 that is cut at -2 and 2.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Fans {
  double in, out;
};

Fans fans_of(const Shape& shape) {
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double receptive = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) receptive *= static_cast<double>(shape[i]);
  return {static_cast<double>(shape[-2]) * receptive, static_cast<double>(shape[-1]) * receptive};
}

double truncated(random::Generator& generator) {
  for (;;) {
    const double value = generator.normal();
    if (std::abs(value) <= 2) return value;
  }
}

Draw uniform(double low, double high) {
  return [=](random::Generator& g) { return low + (high - low) * g.uniform(); };
}
Draw normal(double mean, double deviation) {
  return [=](random::Generator& g) { return mean + deviation * g.normal(); };
}
Draw truncated_normal(double mean, double deviation) {
  return [=](random::Generator& g) { return mean + deviation * truncated(g); };
}

Draw variance_scaling(const json& config, const Shape& shape) {
  const auto fans = fans_of(shape);
  const auto mode = config.at("mode").get<std::string>();
  const double fan = mode == "fan_in" ? fans.in : mode == "fan_out" ? fans.out : (fans.in + fans.out) / 2;
  const double scale = config.at("scale").get<double>() / std::max(1.0, fan);
  const auto distribution = config.at("distribution").get<std::string>();
  if (distribution == "uniform") return uniform(-std::sqrt(3 * scale), std::sqrt(3 * scale));
  if (distribution == "untruncated_normal") return normal(0, std::sqrt(scale));
  return truncated_normal(0, std::sqrt(scale) / kTruncatedDeviation);
}

Draw scaling(const Shape& shape, double scale, const char* mode, const char* distribution) {
  return variance_scaling({{"scale", scale}, {"mode", mode}, {"distribution", distribution}}, shape);
}

struct Row {
  const char *name, *class_name;
  json defaults;
  Draw (*make)(const json& config, const Shape& shape);
};

const std::vector<Row>& table() {
  static const json seed = {{"seed", nullptr}};
  static const std::vector<Row> rows = {
      {"zeros", "Zeros", json::object(), [](const json&, const Shape&) -> Draw { return uniform(0, 0); }},
      {"ones", "Ones", json::object(), [](const json&, const Shape&) -> Draw { return uniform(1, 1); }},
      {"constant",
       "Constant",
       {{"value", 0.0}},
       [](const json& c, const Shape&) -> Draw { return uniform(c.at("value"), c.at("value")); }},
      {"random_normal",
       "RandomNormal",
       {{"seed", nullptr}, {"mean", 0.0}, {"stddev", 0.05}},
       [](const json& c, const Shape&) -> Draw { return normal(c.at("mean"), c.at("stddev")); }},
      {"random_uniform",
       "RandomUniform",
       {{"seed", nullptr}, {"minval", -0.05}, {"maxval", 0.05}},
       [](const json& c, const Shape&) -> Draw { return uniform(c.at("minval"), c.at("maxval")); }},
      {"truncated_normal",
       "TruncatedNormal",
       {{"seed", nullptr}, {"mean", 0.0}, {"stddev", 0.05}},
       [](const json& c, const Shape&) -> Draw { return truncated_normal(c.at("mean"), c.at("stddev")); }},
      {"variance_scaling",
       "VarianceScaling",
       {{"seed", nullptr}, {"scale", 1.0}, {"mode", "fan_in"}, {"distribution", "truncated_normal"}},
       variance_scaling},
      {"glorot_uniform", "GlorotUniform", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 1, "fan_avg", "uniform"); }},
      {"glorot_normal", "GlorotNormal", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 1, "fan_avg", "truncated_normal"); }},
      {"he_uniform", "HeUniform", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 2, "fan_in", "uniform"); }},
      {"he_normal", "HeNormal", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 2, "fan_in", "truncated_normal"); }},
      {"lecun_uniform", "LecunUniform", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 1, "fan_in", "uniform"); }},
      {"lecun_normal", "LecunNormal", seed,
       [](const json&, const Shape& s) -> Draw { return scaling(s, 1, "fan_in", "truncated_normal"); }},
  };
  return rows;
}

const Row& find(const std::string& name) {
  for (const Row& row : table())
    if (name == row.name || name == row.class_name) return row;
  raise("unknown initializer '{}'; registered: {}", name, fmt::join(registered(), ", "));
}

const Row& row_of(const Initializer& initializer) {
  if (initializer.is_string()) return find(initializer.get<std::string>());
  if (initializer.is_object() && initializer.contains("class_name") && initializer["class_name"].is_string())
    return find(initializer["class_name"].get<std::string>());
  raise("an initializer is a name or an object with class_name and config, received {}", initializer.dump());
}

json values_of(const Row& row, const Initializer& initializer) {
  json values = row.defaults;
  if (initializer.is_object() && initializer.contains("config") && initializer["config"].is_object())
    for (const auto& [key, value] : initializer["config"].items())
      if (values.contains(key)) values[key] = value;
  for (const auto& [key, value] : values.items()) {
    const bool text = key == "mode" || key == "distribution";
    if (key == "seed" ? !(value.is_null() || value.is_number_integer())
        : text        ? !value.is_string()
                      : !value.is_number())
      raise("initializer {}: {} has a wrong type, received {}", row.class_name, key, value.dump());
  }
  return values;
}

Initializer object(const char* class_name, json config) {
  return {{"module", "keras.initializers"},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

}  // namespace

Initializer Constant(double value) { return object("Constant", {{"value", value}}); }
Initializer RandomNormal(double mean, double stddev) {
  return object("RandomNormal", {{"seed", nullptr}, {"mean", mean}, {"stddev", stddev}});
}
Initializer TruncatedNormal(double mean, double stddev) {
  return object("TruncatedNormal", {{"seed", nullptr}, {"mean", mean}, {"stddev", stddev}});
}
Initializer RandomUniform(double minval, double maxval) {
  return object("RandomUniform", {{"seed", nullptr}, {"minval", minval}, {"maxval", maxval}});
}

Tensor initialize(const Initializer& initializer, const Shape& shape, DType dtype) {
  const Row& row = row_of(initializer);
  const json values = values_of(row, initializer);
  const Draw draw = row.make(values, shape);
  const std::uint64_t stream = random::next_stream();
  const bool own_seed = values.contains("seed") && values["seed"].is_number_integer();
  random::Generator generator = own_seed ? random::Generator(values["seed"].get<std::uint64_t>())
                                         : random::Generator(random::global_seed(), stream);
  Tensor result(shape, dtype);
  void* out = result.mutable_raw();
  const auto n = static_cast<std::size_t>(shape.elements());
  visit_dtype(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for (std::size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = static_cast<T>(draw(generator));
  });
  return result;
}

nlohmann::json get_config(const Initializer& initializer) {
  const Row& row = row_of(initializer);
  return object(row.class_name, values_of(row, initializer));
}

std::vector<std::string> registered() {
  std::vector<std::string> names;
  std::ranges::transform(table(), std::back_inserter(names), [](const Row& row) { return row.name; });
  return names;
}

}  // namespace shoal::initializers
