#include "model/functional/operation_layer.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/naming.h"

namespace shoal {
namespace functional {
namespace {

using json = nlohmann::json;
using Operands = std::vector<Tensor>;

constexpr const char* kNumpy = "keras.src.ops.numpy";
constexpr const char* kNn = "keras.src.ops.nn";

struct Row {
  const char *class_name, *module;
  std::size_t operands;
  Tensor (*compute)(const Operands& x, const json& config);
};

template <Tensor (*function)(const Tensor&)>
Tensor one(const Operands& x, const json&) {
  return function(x[0]);
}

template <Tensor (*function)(const Tensor&, const Tensor&)>
Tensor two(const Operands& x, const json&) {
  return function(x[0], x[1]);
}

using Reduction = Tensor (*)(const Tensor&, std::vector<int>, bool);
template <Reduction function>
Tensor reduce(const Operands& x, const json& config) {
  std::vector<int> axes;
  const json axis = config.value("axis", json());
  if (axis.is_number_integer()) axes.push_back(axis.get<int>());
  if (axis.is_array()) axes = axis.get<std::vector<int>>();
  return function(x[0], axes, config.value("keepdims", false));
}

Tensor number(const Tensor& x) { return x.dtype() == DType::kBool ? ops::cast(x, DType::kFloat32) : x; }
Tensor truth(const Tensor& x) { return ops::not_equal(number(x), 0.0); }
Tensor logical_not(const Tensor& x) { return ops::equal(number(x), 0.0); }
Tensor both(const Tensor& a, const Tensor& b) { return truth(number(truth(a)) * number(truth(b))); }
Tensor either(const Tensor& a, const Tensor& b) { return truth(number(truth(a)) + number(truth(b))); }
Tensor any(const Tensor& x, std::vector<int> axes, bool keepdims) {
  return truth(ops::max(number(truth(x)), std::move(axes), keepdims));
}

constexpr Row kTable[] = {
    {"Absolute", kNumpy, 1, one<ops::abs>},
    {"Add", kNumpy, 2, two<ops::add>},
    {"Any", kNumpy, 1, reduce<any>},
    {"Divide", kNumpy, 2, two<ops::divide>},
    {"Equal", kNumpy, 2, two<ops::equal>},
    {"Exp", kNumpy, 1, one<ops::exp>},
    {"Greater", kNumpy, 2, two<ops::greater>},
    {"GreaterEqual", kNumpy, 2, two<ops::greater_equal>},
    {"Less", kNumpy, 2, two<ops::less>},
    {"LessEqual", kNumpy, 2, two<ops::less_equal>},
    {"Log", kNumpy, 1, one<ops::log>},
    {"LogicalAnd", kNumpy, 2, two<both>},
    {"LogicalNot", kNumpy, 1, one<logical_not>},
    {"LogicalOr", kNumpy, 2, two<either>},
    {"Max", kNumpy, 1, reduce<ops::max>},
    {"Maximum", kNumpy, 2, two<ops::maximum>},
    {"Mean", kNumpy, 1, reduce<ops::mean>},
    {"Minimum", kNumpy, 2, two<ops::minimum>},
    {"Multiply", kNumpy, 2, two<ops::multiply>},
    {"Negative", kNumpy, 1, one<ops::negative>},
    {"NotEqual", kNumpy, 2, two<ops::not_equal>},
    {"Power", kNumpy, 2, two<ops::power>},
    {"Relu", kNn, 1, one<ops::relu>},
    {"Sigmoid", kNn, 1, one<ops::sigmoid>},
    {"Sqrt", kNumpy, 1, one<ops::sqrt>},
    {"Square", kNumpy, 1, one<ops::square>},
    {"Subtract", kNumpy, 2, two<ops::subtract>},
    {"Sum", kNumpy, 1, reduce<ops::sum>},
    {"Tanh", kNumpy, 1, one<ops::tanh>},
    {"TrueDivide", kNumpy, 2, two<ops::divide>},
};

const Row* find(const std::string& class_name) {
  const auto row = std::ranges::find_if(kTable, [&](const Row& each) { return class_name == each.class_name; });
  return row == std::end(kTable) ? nullptr : row;
}

class OperationImpl : public LayerImpl {
 public:
  OperationImpl(const Row& row, json config) : row_(row), config_(std::move(config)) {
    const json name = config_.value("name", json());
    set_name(name.is_string() ? name.get<std::string>() : layers::unique_name(row.class_name));
  }

  std::string class_name() const override { return row_.class_name; }
  bool casts_inputs() const override { return false; }
  bool takes_integers() const override { return true; }
  void check_inputs(const std::vector<Shape>&) const override {}
  void build_all(const std::vector<Shape>&) override {}
  const Row& row() const { return row_; }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    Operands operands = inputs;
    if (options.arguments.contains("args")) {
      operands.clear();
      for (const json& argument : options.arguments["args"])
        operands.push_back(argument.is_number() ? Tensor(argument.get<double>())
                                                : inputs.at(argument.at("tensor").get<std::size_t>()));
    }
    if (operands.size() != row_.operands)
      raise("{} '{}': takes {} operands, received {}", row_.class_name, name(), row_.operands, operands.size());
    return {row_.compute(operands, config_)};
  }

  json config() const override {
    json result = config_;
    result["name"] = name();
    return result;
  }

 private:
  const Row& row_;
  json config_;
};

KerasTensor operate(const char* class_name, const std::vector<KerasTensor>& inputs, json args) {
  return operation_from_config(class_name, json::object())(inputs, {.arguments = {{"args", std::move(args)}}});
}

json tensor(int input) { return {{"tensor", input}}; }

KerasTensor apply(const char* class_name, const KerasTensor& a, const KerasTensor& b) {
  return operate(class_name, {a, b}, json::array({tensor(0), tensor(1)}));
}

KerasTensor apply(const char* class_name, const KerasTensor& a, double b) {
  return operate(class_name, {a}, json::array({tensor(0), b}));
}

KerasTensor apply(const char* class_name, double a, const KerasTensor& b) {
  return operate(class_name, {b}, json::array({a, tensor(0)}));
}

}  // namespace

bool is_operation_class(const std::string& class_name) { return find(class_name) != nullptr; }
bool is_operation(const LayerImpl& layer) { return dynamic_cast<const OperationImpl*>(&layer) != nullptr; }
std::string operation_module(const LayerImpl& operation) {
  return dynamic_cast<const OperationImpl&>(operation).row().module;
}

Layer operation_from_config(const std::string& class_name, const json& config) {
  const Row* row = find(class_name);
  if (row == nullptr) raise("operation '{}' of keras.ops is not supported in a model", class_name);
  return make_layer<OperationImpl>(*row, config);
}

}  // namespace functional

using functional::apply;
KerasTensor operator+(const KerasTensor& a, const KerasTensor& b) { return apply("Add", a, b); }
KerasTensor operator-(const KerasTensor& a, const KerasTensor& b) { return apply("Subtract", a, b); }
KerasTensor operator*(const KerasTensor& a, const KerasTensor& b) { return apply("Multiply", a, b); }
KerasTensor operator/(const KerasTensor& a, const KerasTensor& b) { return apply("TrueDivide", a, b); }
KerasTensor operator+(const KerasTensor& a, double b) { return apply("Add", a, b); }
KerasTensor operator-(const KerasTensor& a, double b) { return apply("Subtract", a, b); }
KerasTensor operator*(const KerasTensor& a, double b) { return apply("Multiply", a, b); }
KerasTensor operator/(const KerasTensor& a, double b) { return apply("TrueDivide", a, b); }
KerasTensor operator+(double a, const KerasTensor& b) { return apply("Add", a, b); }
KerasTensor operator-(double a, const KerasTensor& b) { return apply("Subtract", a, b); }
KerasTensor operator*(double a, const KerasTensor& b) { return apply("Multiply", a, b); }
KerasTensor operator/(double a, const KerasTensor& b) { return apply("TrueDivide", a, b); }
KerasTensor operator-(const KerasTensor& x) {
  return functional::operate("Negative", {x}, nlohmann::json::array({functional::tensor(0)}));
}

}  // namespace shoal
