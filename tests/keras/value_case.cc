#include "tests/keras/value_case.h"

#include <cstring>
#include <map>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/layers/initializers.h"
#include "model/losses/loss.h"
#include "model/metrics/metric.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"
#include "model/train/local_updater.h"
#include "model/train/optimizer.h"
#include "tests/keras/tensor_file.h"

namespace shoal::testing {
namespace {

using nlohmann::json;

struct Case {
  const json& step;
  const hdf5::Group& data;
  const hdf5::Group& out;
  DType dtype;

  json object() const { return step.at("object"); }
  Tensor read(const std::string& name) const {
    const Tensor values = read_tensor(data, name);
    return is_floating(values.dtype()) ? values.astype(dtype) : values;
  }
  void write(const std::string& name, const Tensor& value) const { write_tensor(out, name, value); }
  void write_config(const json& config) const { out.write_text("config", config.dump()); }
};

Tensor output_of(const plan::Plan& plan, std::size_t index, DType dtype) {
  Tensor value(plan.output_shape(index), dtype);
  std::memcpy(value.mutable_raw(), plan.output(index), value.bytes());
  return value;
}

void loss(const Case& c) {
  const Loss loss = Loss::from_config(c.object());
  c.write_config(loss.get_config());
  const Tensor y_true = c.read("y_true"), y_pred = c.read("y_pred");
  const Tensor mask = c.data.has("mask") ? c.read("mask").astype(DType::kBool) : Tensor();
  const Tensor value = loss(y_true, y_pred, mask);
  c.write("value", value);
  c.write("gradient", gradients(value, std::vector<Tensor>{y_pred})[0]);

  graph::Trace trace(true);
  std::vector<const void*> values;
  const auto feed = [&](const char* name, const Tensor& tensor) {
    values.push_back(tensor.raw());
    std::vector<std::int64_t> dims = tensor.shape().dims();
    dims[0] = kRows;
    return trace.input(name, Shape(dims), tensor.dtype());
  };
  const Tensor target = feed("y_true", y_true), output = feed("y_pred", y_pred);
  const Tensor kept = mask.defined() ? feed("mask", mask) : Tensor();
  const Tensor planned = loss(target, output, kept);
  const auto plan =
      plan::Plan::compile(trace, {planned, gradients(planned, std::vector<Tensor>{output})[0]}, {.threads = 1});
  plan->run(values, {y_pred.rows(), 0, 0, 1 / static_cast<double>(y_pred.rows())}, nullptr);
  c.write("planned_value", output_of(*plan, 0, c.dtype));
  c.write("planned_gradient", output_of(*plan, 1, c.dtype));
}

void metric(const Case& c) {
  const Metric metric = Metric::from_config(c.object());
  c.write_config(metric.get_config());
  const Tensor y_true = c.read("y_true"), y_pred = c.read("y_pred");
  const Tensor weights = c.data.has("sample_weight") ? c.read("sample_weight") : Tensor();
  const Tensor mask = c.data.has("mask") ? c.read("mask") : Tensor();
  std::vector<double> sums;
  if (metric.counting() != nullptr) {
    sums = metric.counting()->counts(y_true, y_pred, weights).to_vector<double>();
  } else if (weights.defined() || mask.defined()) {
    sums = metric.weighted_sums(metric(y_true, y_pred), mask, weights).to_vector<double>();
  } else {
    sums = {ops::mean(metric(y_true, y_pred)).item(), 1};
  }
  if (sums.size() != metric.size()) raise("{} sums, expected {}", sums.size(), metric.size());
  c.write("value", Tensor(std::vector<double>{metric.result(sums)}, {1}));
}

void optimizer(const Case& c) {
  Optimizer optimizer = Optimizer::from_config(c.object());
  c.write_config(optimizer.get_config());
  std::vector<Variable> variables;
  for (int i = 0; c.data.has(fmt::format("weight{}", i)); ++i)
    variables.emplace_back(c.read(fmt::format("weight{}", i)), fmt::format("weight{}", i));
  const ParameterSpace space(variables, heap_arena);
  const auto updater = train::make_local_updater(space, optimizer.rule());
  for (int step = 0; c.data.has(fmt::format("gradient{}_0", step)); ++step, ++optimizer.iterations) {
    updater->begin_step({optimizer.iterations, optimizer.current_learning_rate()});
    for (std::size_t i = variables.size(); i-- > 0;) {
      const Tensor gradient = c.read(fmt::format("gradient{}_{}", step, i));
      std::memcpy(variables[i].gradient(), gradient.raw(), gradient.bytes());
      updater->gradient_ready(static_cast<int>(i));
    }
    updater->step_done();
  }
  for (const Variable& variable : variables) c.write(variable.name(), variable.value());
}

void schedule(const Case& c) {
  const json object = c.object();
  const auto schedule = optim::make_schedule(object.at("class_name"), object.at("config"));
  c.write_config({{"class_name", schedule->class_name()}, {"config", schedule->get_config()}});
  std::vector<double> values;
  for (std::int64_t i = 0; i < c.step.at("steps").get<std::int64_t>(); ++i) values.push_back(schedule->at(i));
  c.write("value", Tensor(values, {static_cast<std::int64_t>(values.size())}));
}

void initializer(const Case& c) {
  c.write_config(initializers::get_config(c.object()));
  c.write("value",
          initializers::initialize(c.object(), Shape(c.step.at("shape").get<std::vector<std::int64_t>>()), c.dtype));
}

}  // namespace

void play_value_case(const json& step, const hdf5::Group& data, const hdf5::Group& out) {
  const std::map<std::string, void (*)(const Case&)> kinds = {{"loss", loss},
                                                              {"metric", metric},
                                                              {"optimizer", optimizer},
                                                              {"schedule", schedule},
                                                              {"initializer", initializer}};
  const std::string place = step.at("place");
  const hdf5::Group mine = out.create_group(place), values = data.group(place);
  try {
    kinds.at(step.at("kind"))({step, values, mine, dtype_from_name(step.at("dtype").get<std::string>())});
  } catch (const std::exception& error) {
    mine.write_text("error", error.what());
  }
}

}  // namespace shoal::testing
