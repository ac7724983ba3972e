#include "common/optim/schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "common/base/error.h"

namespace shoal::optim {
namespace {

using json = nlohmann::json;
using Rate = std::function<double(double iteration)>;

// The checked config, with every key, and its numbers by name.
class Values {
 public:
  Values(std::string class_name, json config) : class_name_(std::move(class_name)), config_(std::move(config)) {}

  double number(const char* key) const {
    if (!config_.at(key).is_number()) refuse(key, "a number");
    return config_[key].get<double>();
  }
  double positive(const char* key) const {
    const double value = number(key);
    if (!(value > 0)) refuse(key, "positive");
    return value;
  }
  bool flag(const char* key) const {
    if (!config_.at(key).is_boolean()) refuse(key, "true or false");
    return config_[key].get<bool>();
  }
  std::vector<double> numbers(const char* key) const {
    const json& list = config_.at(key);
    if (!list.is_array() || !std::ranges::all_of(list, [](const json& v) { return v.is_number(); }))
      refuse(key, "a list of numbers");
    return list.get<std::vector<double>>();
  }
  bool given(const char* key) const { return !config_.at(key).is_null(); }
  [[noreturn]] void refuse(const char* key, const char* rule) const {
    raise("{}: {} must be {}, received {}", class_name_, key, rule, config_.at(key).dump());
  }

 private:
  std::string class_name_;
  json config_;
};

double cosine(double fraction, double alpha) {
  return (1 - alpha) * 0.5 * (1 + std::cos(std::numbers::pi * fraction)) + alpha;
}

Rate exponential(const Values& v) {
  return [rate = v.number("initial_learning_rate"), steps = v.positive("decay_steps"), decay = v.number("decay_rate"),
          staircase = v.flag("staircase")](double t) {
    return rate * std::pow(decay, staircase ? std::floor(t / steps) : t / steps);
  };
}

Rate inverse_time(const Values& v) {
  return [rate = v.number("initial_learning_rate"), steps = v.positive("decay_steps"), decay = v.number("decay_rate"),
          staircase = v.flag("staircase")](double t) {
    return rate / (1 + decay * (staircase ? std::floor(t / steps) : t / steps));
  };
}

Rate piecewise_constant(const Values& v) {
  std::vector<double> boundaries = v.numbers("boundaries");
  const std::vector<double> values = v.numbers("values");
  if (boundaries.empty() || boundaries.size() + 1 != values.size())
    v.refuse("boundaries", "one shorter than values and not empty");
  for (double& boundary : boundaries) boundary = std::trunc(boundary);  // as Keras compares them with whole steps
  return [boundaries, values](double t) {
    const auto next = std::ranges::lower_bound(boundaries, t);
    return values[static_cast<std::size_t>(next - boundaries.begin())];
  };
}

Rate polynomial(const Values& v) {
  return [rate = v.number("initial_learning_rate"), steps = v.positive("decay_steps"),
          end = v.number("end_learning_rate"), power = v.number("power"), cycle = v.flag("cycle")](double t) {
    const double whole = cycle ? steps * std::max(1.0, std::ceil(t / steps)) : steps;
    return (rate - end) * std::pow(1 - std::min(t, whole) / whole, power) + end;
  };
}

Rate cosine_decay(const Values& v) {
  const bool warm = v.given("warmup_target");
  const double rate = v.number("initial_learning_rate"), target = warm ? v.number("warmup_target") : rate;
  return [=, steps = v.positive("decay_steps"), alpha = v.number("alpha"),
          warmup = warm ? v.number("warmup_steps") : 0](double t) {
    if (t < warmup) return rate + (target - rate) * (t / warmup);
    return target * cosine(std::min(t - warmup, steps) / steps, alpha);
  };
}

Rate cosine_restarts(const Values& v) {
  return [rate = v.number("initial_learning_rate"), steps = v.positive("first_decay_steps"),
          longer = v.positive("t_mul"), higher = v.number("m_mul"), alpha = v.number("alpha")](double t) {
    double fraction = t / steps, restarts = std::floor(fraction);
    if (longer == 1) {
      fraction -= restarts;
    } else {
      restarts = std::floor(std::log(1 - fraction * (1 - longer)) / std::log(longer));
      const double length = std::pow(longer, restarts);
      fraction = (fraction - (1 - length) / (1 - longer)) / length;
    }
    const double height = std::pow(higher, restarts);
    return rate * ((1 - alpha) * 0.5 * height * (1 + std::cos(std::numbers::pi * fraction)) + alpha);
  };
}

struct Row {
  const char* class_name;
  std::vector<std::string> required;
  json defaults;
  Rate (*make)(const Values&);
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"ExponentialDecay",
       {"initial_learning_rate", "decay_steps", "decay_rate"},
       {{"staircase", false}, {"name", "ExponentialDecay"}},
       exponential},
      {"PiecewiseConstantDecay", {"boundaries", "values"}, {{"name", "PiecewiseConstant"}}, piecewise_constant},
      {"PolynomialDecay",
       {"initial_learning_rate", "decay_steps"},
       {{"end_learning_rate", 0.0001}, {"power", 1.0}, {"cycle", false}, {"name", "PolynomialDecay"}},
       polynomial},
      {"InverseTimeDecay",
       {"initial_learning_rate", "decay_steps", "decay_rate"},
       {{"staircase", false}, {"name", "InverseTimeDecay"}},
       inverse_time},
      {"CosineDecay",
       {"initial_learning_rate", "decay_steps"},
       {{"alpha", 0.0}, {"name", "CosineDecay"}, {"warmup_target", nullptr}, {"warmup_steps", 0}},
       cosine_decay},
      {"CosineDecayRestarts",
       {"initial_learning_rate", "first_decay_steps"},
       {{"t_mul", 2.0}, {"m_mul", 1.0}, {"alpha", 0.0}, {"name", "SGDRDecay"}},
       cosine_restarts},
  };
  return rows;
}

class Tabled final : public Schedule {
 public:
  Tabled(const Row& row, json config)
      : row_(row), config_(std::move(config)), rate_(row.make(Values(row.class_name, config_))) {}
  double at(std::int64_t iteration) const override { return rate_(static_cast<double>(iteration)); }
  std::string class_name() const override { return row_.class_name; }
  json get_config() const override { return config_; }

 private:
  const Row& row_;
  json config_;
  Rate rate_;
};

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.emplace_back(row.class_name);
  return names;
}

std::shared_ptr<const Schedule> make_schedule(const std::string& class_name, const json& config) {
  const auto row = std::ranges::find(table(), class_name, [](const Row& r) { return std::string(r.class_name); });
  if (row == table().end())
    raise("unknown learning rate schedule '{}'; registered: {}", class_name, fmt::join(schedule_names(), ", "));
  if (!config.is_object()) raise("{}: config must be an object, received {}", class_name, config.dump());
  json values = row->defaults;
  for (const std::string& key : row->required)
    if (!config.contains(key)) raise("{}: {} is missing, received {}", class_name, key, config.dump());
  for (const auto& [key, value] : config.items()) {
    if (!row->defaults.contains(key) && std::ranges::find(row->required, key) == row->required.end())
      raise("{}: unknown key '{}', received {}", class_name, key, config.dump());
    values[key] = value;
  }
  return std::make_shared<Tabled>(*row, std::move(values));
}

}  // namespace shoal::optim
