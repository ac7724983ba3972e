#include "model/layers/constraints.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"

namespace shoal::constraints {
namespace {

using json = nlohmann::json;

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

struct Row {
  const char *name, *class_name;
  json defaults;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"max_norm", "MaxNorm", {{"max_value", 2}, {"axis", 0}}},
      {"min_max_norm", "MinMaxNorm", {{"min_value", 0.0}, {"max_value", 1.0}, {"rate", 1.0}, {"axis", 0}}},
      {"non_neg", "NonNeg", json::object()},
      {"unit_norm", "UnitNorm", {{"axis", 0}}}};
  return rows;
}

const Row& find(const std::string& name) {
  for (const Row& row : table())
    if (name == row.name || name == row.class_name) return row;
  raise("unknown constraint '{}'; registered: {}", name, fmt::join(registered(), ", "));
}

json object(const Row& row, const json& given) {
  json config = row.defaults;
  for (const auto& [key, fallback] : row.defaults.items()) {
    if (!given.contains(key)) continue;
    const json& value = given[key];
    if (key == "axis") {
      const auto is_integer = [](const json& item) { return item.is_number_integer(); };
      if (!value.is_null() && !is_integer(value) && !(value.is_array() && std::ranges::all_of(value, is_integer)))
        raise("constraint {}: axis must be an integer, several or null, received {}", row.class_name, value.dump());
    } else if (!value.is_number() || !std::isfinite(value.get<double>())) {
      raise("constraint {}: {} must be a finite number, received {}", row.class_name, key, value.dump());
    }
    config[key] = value;
  }
  return {{"module", "keras.constraints"},
          {"class_name", row.class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

json axis_of(const Axes& axes) { return axes.size() == 1 ? json(axes[0]) : json(axes); }

// Scales every vector of a weight, which stands at equal places of all other axes, by a factor of its length.
class Norms {
 public:
  Norms(const json& config, const Shape& shape) {
    minimum_ = config.value("min_value", 0.0);
    maximum_ = config.value("max_value", std::numeric_limits<double>::infinity());
    rate_ = config.value("rate", 1.0);
    unit_ = !config.contains("max_value");
    std::vector<bool> summed(static_cast<std::size_t>(shape.rank()), config["axis"].is_null());
    const json axes = config["axis"].is_array() ? config["axis"] : json::array({config["axis"]});
    for (const json& axis : axes)
      if (!axis.is_null()) summed[static_cast<std::size_t>(shape.normalize_axis(axis.get<int>()))] = true;
    std::size_t vectors = 1;
    axes_.resize(summed.size());
    for (int axis = shape.rank(); axis-- > 0;) {
      const auto i = static_cast<std::size_t>(axis), size = static_cast<std::size_t>(shape[axis]);
      axes_[i] = {size, summed[i] ? 0 : vectors};
      if (!summed[i]) vectors *= size;
    }
    lengths_.resize(vectors);
  }

  template <class T>
  void scale(T* values) {
    std::ranges::fill(lengths_, 0.0);
    each(values, 0, 0, [&](T& value, std::size_t vector) {
      lengths_[vector] += static_cast<double>(value) * static_cast<double>(value);
    });
    for (double& length : lengths_) length = factor(std::sqrt(length));
    each(values, 0, 0,
         [&](T& value, std::size_t vector) { value = static_cast<T>(static_cast<double>(value) * lengths_[vector]); });
  }

 private:
  struct Axis {
    std::size_t size, stride;  // among the vectors
  };

  double factor(double length) const {
    const double wanted = unit_ ? 1 : rate_ * std::min(std::max(length, minimum_), maximum_) + (1 - rate_) * length;
    return wanted / (kEpsilon + length);
  }

  // Calls body(element, number of its vector); the place behind the last element.
  template <class T, class Body>
  T* each(T* at, std::size_t axis, std::size_t vector, const Body& body) const {
    if (axis == axes_.size()) {
      body(*at, vector);
      return at + 1;
    }
    const auto [size, stride] = axes_[axis];
    if (axis + 1 == axes_.size()) {
      for (std::size_t i = 0; i < size; ++i) body(at[i], vector + i * stride);
      return at + size;
    }
    for (std::size_t i = 0; i < size; ++i) at = each(at, axis + 1, vector + i * stride, body);
    return at;
  }

  double minimum_, maximum_, rate_;
  bool unit_;
  std::vector<Axis> axes_;
  std::vector<double> lengths_;
};

// Allocates here and not when it is called.
std::function<void(void*)> bind(const json& object, const Shape& shape, DType dtype) {
  const auto typed = [dtype](auto body) {
    return [dtype, body](void* values) mutable {
      if (dtype == DType::kFloat64)
        body(static_cast<double*>(values));
      else
        body(static_cast<float*>(values));
    };
  };
  if (!is_floating(dtype)) raise("a constraint is for floating weights, received {}", name_of(dtype));
  if (object["class_name"] != "NonNeg")
    return typed([norms = Norms(object["config"], shape)](auto* values) mutable { norms.scale(values); });
  return typed([count = shape.elements()](auto* values) {
    for (std::int64_t i = 0; i < count; ++i)
      if (values[i] < 0) values[i] = 0;
  });
}

}  // namespace

Constraint MaxNorm(double max_value, const Axes& axis) {
  return object(find("max_norm"), {{"max_value", max_value}, {"axis", axis_of(axis)}});
}
Constraint MinMaxNorm(double min_value, double max_value, double rate, const Axes& axis) {
  return object(find("min_max_norm"),
                {{"min_value", min_value}, {"max_value", max_value}, {"rate", rate}, {"axis", axis_of(axis)}});
}
Constraint NonNeg() { return object(find("non_neg"), json::object()); }
Constraint UnitNorm(const Axes& axis) { return object(find("unit_norm"), {{"axis", axis_of(axis)}}); }

Tensor apply(const Constraint& constraint, const Tensor& w) {
  Tensor result = w.clone();
  if (const json full = get_config(constraint); !full.is_null()) bind(full, w.shape(), w.dtype())(result.mutable_raw());
  return result;
}

void attach(const Constraint& constraint, Variable variable) {
  if (const json full = get_config(constraint); !full.is_null())
    variable.set_constraint(bind(full, variable.shape(), variable.dtype()));
}

json get_config(const Constraint& constraint) {
  if (constraint.is_null()) return nullptr;
  if (constraint.is_string()) return object(find(constraint.get<std::string>()), json::object());
  if (!constraint.is_object() || !constraint.contains("class_name") || !constraint["class_name"].is_string())
    raise("a constraint is null, a name or an object with class_name and config, received {}", constraint.dump());
  const json config = constraint.value("config", json::object());
  return object(find(constraint["class_name"].get<std::string>()), config.is_null() ? json::object() : config);
}

std::vector<std::string> registered() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.emplace_back(row.name);
  return names;
}

}  // namespace shoal::constraints
