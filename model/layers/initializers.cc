#include "model/layers/initializers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <span>

#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::initializers {
namespace {

using json = nlohmann::json;
using Draw = std::function<double(random::Generator&)>;
using Fill = std::function<void(random::Generator&, std::span<double> values)>;  // row-major

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

// Every element by itself.
Fill each(Draw draw) {
  return [draw](random::Generator& generator, std::span<double> values) {
    for (double& value : values) value = draw(generator);
  };
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

// A matrix (all sizes but the last, the last) whose columns, or rows where there are fewer, are orthogonal and of
// length `gain`: those of a normal matrix, each without its parts along the ones before. Twice, since once rounds too
// much.
Fill orthogonal(const json& config, const Shape& shape) {
  if (shape.rank() < 2)
    raise("initializer Orthogonal: needs a shape of rank 2 or more, received {}", shape.to_string());
  const auto columns = static_cast<std::size_t>(shape[-1]);
  const std::size_t rows = columns == 0 ? 0 : static_cast<std::size_t>(shape.elements()) / columns;
  return
      [rows, columns, gain = config.at("gain").get<double>()](random::Generator& generator, std::span<double> values) {
        const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
        std::vector<double> vectors(count * length);
        for (double& value : vectors) value = generator.normal();
        const auto product = [length](const double* a, const double* b) {
          return std::inner_product(a, a + length, b, 0.0);
        };
        for (std::size_t i = 0; i < count; ++i) {
          double* own = &vectors[i * length];
          for (int pass = 0; pass < 2; ++pass)
            for (std::size_t j = 0; j < i; ++j) {
              const double* other = &vectors[j * length];
              const double along = product(own, other);
              for (std::size_t k = 0; k < length; ++k) own[k] -= along * other[k];
            }
          const double size = std::sqrt(product(own, own));
          for (std::size_t k = 0; k < length; ++k) own[k] /= size;
        }
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t c = 0; c < columns; ++c)
            values[r * columns + c] = gain * (rows >= columns ? vectors[c * length + r] : vectors[r * length + c]);
      };
}

Fill identity(const json& config, const Shape& shape) {
  if (shape.rank() != 2) raise("initializer Identity: needs a shape of rank 2, received {}", shape.to_string());
  return [columns = static_cast<std::size_t>(shape[1]), gain = config.at("gain").get<double>()](
             random::Generator&, std::span<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % columns == i / columns ? gain : 0;
  };
}

Draw scaling(const Shape& shape, double scale, const char* mode, const char* distribution) {
  return variance_scaling({{"scale", scale}, {"mode", mode}, {"distribution", distribution}}, shape);
}

struct Row {
  const char *name, *class_name;
  json defaults;
  Fill (*make)(const json& config, const Shape& shape);
  std::vector<std::string> aliases = {};
};

const std::vector<Row>& table() {
  static const json seed = {{"seed", nullptr}};
  static const std::vector<Row> rows = {
      {"zeros",
       "Zeros",
       json::object(),
       [](const json&, const Shape&) -> Fill { return each(uniform(0, 0)); },
       {"zero"}},
      {"ones", "Ones", json::object(), [](const json&, const Shape&) -> Fill { return each(uniform(1, 1)); }, {"one"}},
      {"constant",
       "Constant",
       {{"value", 0.0}},
       [](const json& c, const Shape&) -> Fill { return each(uniform(c.at("value"), c.at("value"))); }},
      {"random_normal",
       "RandomNormal",
       {{"seed", nullptr}, {"mean", 0.0}, {"stddev", 0.05}},
       [](const json& c, const Shape&) -> Fill { return each(normal(c.at("mean"), c.at("stddev"))); },
       {"normal"}},
      {"random_uniform",
       "RandomUniform",
       {{"seed", nullptr}, {"minval", -0.05}, {"maxval", 0.05}},
       [](const json& c, const Shape&) -> Fill { return each(uniform(c.at("minval"), c.at("maxval"))); },
       {"uniform"}},
      {"truncated_normal",
       "TruncatedNormal",
       {{"seed", nullptr}, {"mean", 0.0}, {"stddev", 0.05}},
       [](const json& c, const Shape&) -> Fill { return each(truncated_normal(c.at("mean"), c.at("stddev"))); }},
      {"variance_scaling",
       "VarianceScaling",
       {{"seed", nullptr}, {"scale", 1.0}, {"mode", "fan_in"}, {"distribution", "truncated_normal"}},
       [](const json& c, const Shape& s) -> Fill { return each(variance_scaling(c, s)); }},
      {"orthogonal", "Orthogonal", {{"seed", nullptr}, {"gain", 1.0}}, orthogonal, {"OrthogonalInitializer"}},
      {"identity", "Identity", {{"gain", 1.0}}, identity, {"IdentityInitializer"}},
      {"glorot_uniform", "GlorotUniform", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 1, "fan_avg", "uniform")); }},
      {"glorot_normal", "GlorotNormal", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 1, "fan_avg", "truncated_normal")); }},
      {"he_uniform", "HeUniform", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 2, "fan_in", "uniform")); }},
      {"he_normal", "HeNormal", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 2, "fan_in", "truncated_normal")); }},
      {"lecun_uniform", "LecunUniform", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 1, "fan_in", "uniform")); }},
      {"lecun_normal", "LecunNormal", seed,
       [](const json&, const Shape& s) -> Fill { return each(scaling(s, 1, "fan_in", "truncated_normal")); }},
  };
  return rows;
}

const Row& find(const std::string& name) {
  for (const Row& row : table())
    if (name == row.name || name == row.class_name || std::ranges::count(row.aliases, name) > 0) return row;
  raise("unknown initializer '{}'; registered: {}", name, fmt::join(registered(), ", "));
}

const Row& row_of(const Initializer& initializer) {
  if (initializer.is_string()) return find(initializer.get<std::string>());
  if (initializer.is_object() && initializer.contains("class_name") && initializer["class_name"].is_string())
    return find(initializer["class_name"].get<std::string>());
  raise("an initializer is a name or an object with class_name and config, received {}", initializer.dump());
}

void check_word(const Row& row, const std::string& key, const json& value, const char* of,
                const std::vector<std::string>& words) {
  if (key == of && std::ranges::count(words, value.get<std::string>()) == 0)
    raise("initializer {}: {} must be one of {}, received {}", row.class_name, key, fmt::join(words, ", "),
          value.dump());
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
    check_word(row, key, value, "mode", {"fan_in", "fan_out", "fan_avg"});
    check_word(row, key, value, "distribution", {"uniform", "normal", "truncated_normal", "untruncated_normal"});
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
Initializer Orthogonal(double gain) { return object("Orthogonal", {{"seed", nullptr}, {"gain", gain}}); }
Initializer Identity(double gain) { return object("Identity", {{"gain", gain}}); }
Initializer VarianceScaling(double scale, const std::string& mode, const std::string& distribution) {
  return object("VarianceScaling",
                {{"seed", nullptr}, {"scale", scale}, {"mode", mode}, {"distribution", distribution}});
}
Initializer RandomUniform(double minval, double maxval) {
  return object("RandomUniform", {{"seed", nullptr}, {"minval", minval}, {"maxval", maxval}});
}

Tensor initialize(const Initializer& initializer, const Shape& shape, DType dtype) {
  const Row& row = row_of(initializer);
  const json values = values_of(row, initializer);
  const Fill fill = row.make(values, shape);
  const std::uint64_t stream = random::next_stream();
  const bool own_seed = values.contains("seed") && values["seed"].is_number_integer();
  random::Generator generator = own_seed ? random::Generator(values["seed"].get<std::uint64_t>())
                                         : random::Generator(random::global_seed(), stream);
  Tensor result(shape, DType::kFloat64);
  fill(generator, {result.mutable_data<double>(), static_cast<std::size_t>(shape.elements())});
  return dtype == DType::kFloat64 ? result : result.astype(dtype);
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
