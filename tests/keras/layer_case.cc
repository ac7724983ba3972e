#include "tests/keras/layer_case.h"

#include <cstring>

#include "common/base/error.h"
#include "common/optim/rule.h"
#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/layers/call_losses.h"
#include "model/layers/layers.h"
#include "model/plan/plan.h"
#include "tests/keras/tensor_file.h"

namespace shoal::testing {
namespace {

using nlohmann::json;

constexpr int kSteps = 3;

Tensor bool_of(const Tensor& bytes) { return bytes.astype(DType::kBool); }

struct Values {
  std::vector<Tensor> inputs, masks, mixes, weights;  // masks: none at all, or one for each input
};

class Case {
 public:
  Case(const json& step, const hdf5::Group& data, const hdf5::Group& out)
      : step_(step), out_(out), dtype_(dtype_from_name(step.at("dtype").get<std::string>())) {
    for (int i = 0; i < step.at("inputs").get<int>(); ++i) values_.inputs.push_back(floating(data, "input", i));
    const auto masked = step.at("masks").get<std::vector<std::size_t>>();
    if (!masked.empty()) values_.masks.resize(values_.inputs.size());
    for (const std::size_t i : masked) values_.masks[i] = bool_of(read_tensor(data, fmt::format("mask{}", i)));
    for (int i = 0; data.has(fmt::format("mix{}", i)); ++i) values_.mixes.push_back(floating(data, "mix", i));
    for (int i = 0; data.has(fmt::format("weight{}", i)); ++i) values_.weights.push_back(floating(data, "weight", i));
  }

  void play() {
    const Layer layer = built();
    out_.write_text("config", layer->config().dump());
    run_forward(layer);
    run_gradients(built());
    // The two rules that differ most: without state and with it. A large epsilon keeps gradients that are nothing but
    // rounding from becoming whole steps.
    run_planned(built(), {{"class_name", "SGD"}}, 0.05, "sgd");
    run_planned(built(), {{"class_name", "Adam"}, {"epsilon", 0.01}}, 0.01, "adam");
  }

 private:
  Tensor floating(const hdf5::Group& data, const char* name, int number) const {
    const Tensor values = read_tensor(data, fmt::format("{}{}", name, number));
    return is_floating(values.dtype()) ? values.astype(dtype_) : values;
  }

  void write(const std::string& name, const Tensor& value) const { write_tensor(out_, name, value); }

  Layer built() const {
    set_floatx(dtype_);
    const Layer layer = layers::layer_from_config(step_.at("class"), step_.at("config"));
    std::vector<Shape> shapes;
    for (const Tensor& input : values_.inputs) shapes.push_back(input.shape());
    layer->ensure_built(shapes);
    const std::vector<Variable> weights = layer->weights();
    if (weights.size() != values_.weights.size())
      raise("{} has {} weights, Keras's has {}", layer->class_name(), weights.size(), values_.weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) Variable(weights[i]).assign(values_.weights[i]);
    return layer;
  }

  CallOptions options(bool training, const std::vector<Tensor>& masks) const {
    return {.training = training, .masks = masks, .arguments = step_.at("arguments")};
  }
  bool training() const { return step_.at("training"); }

  void run_forward(const Layer& layer) const {
    const auto outputs = layer.call(values_.inputs, options(false, values_.masks));
    for (std::size_t i = 0; i < outputs.size(); ++i) write(fmt::format("forward{}", i), outputs[i]);
    if (const Tensor mask = graph::mask_of(outputs[0]); mask.defined()) write("forward_mask", mask);
  }

  // The sum of all floating outputs times their mixes.
  static Tensor mixed(const std::vector<Tensor>& outputs, const std::vector<Tensor>& mixes) {
    Tensor sum;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!is_floating(outputs[i].dtype())) continue;
      const Tensor term = ops::sum(outputs[i] * mixes.at(i));
      sum = sum.defined() ? sum + term : term;
    }
    return sum;
  }

  // With what the layer itself adds: regularizers of weights, and of outputs while it was called.
  static Tensor loss_of(const Layer& layer, const Tensor& mixed, const layers::CallLosses& calls) {
    Tensor loss = mixed;
    for (const Tensor& added : calls.values()) loss = loss + added;
    for (const auto& [variable, regularizer] : layer->penalties())
      loss = loss + regularizers::penalty(regularizer, ops::convert_to_tensor(variable));
    return loss;
  }

  static std::vector<Variable> trained(const Layer& layer) {
    std::vector<Variable> result;
    for (const Variable& weight : layer->weights())
      if (weight.trainable()) result.push_back(weight);
    return result;
  }

  void run_gradients(const Layer& layer) const {
    const layers::CallLosses calls;
    const auto outputs = layer.call(values_.inputs, options(training(), values_.masks));
    for (std::size_t i = 0; i < outputs.size(); ++i) write(fmt::format("output{}", i), outputs[i]);
    if (!step_.at("differentiable").get<bool>()) return;
    const Tensor loss = loss_of(layer, mixed(outputs, values_.mixes), calls);
    const auto of_inputs = gradients(loss, values_.inputs);
    for (std::size_t i = 0; i < of_inputs.size(); ++i)
      if (is_floating(values_.inputs[i].dtype())) write(fmt::format("input_gradient{}", i), of_inputs[i]);
    const auto of_weights = gradients(loss, trained(layer));
    for (std::size_t i = 0; i < of_weights.size(); ++i) write(fmt::format("weight_gradient{}", i), of_weights[i]);
  }

  // Values that a plan is fed, in the order of its inputs.
  struct Feed {
    graph::Trace& trace;
    std::vector<const void*> values = {};
    std::vector<Tensor> operator()(const char* name, const std::vector<Tensor>& tensors) {
      std::vector<Tensor> inputs;
      for (const Tensor& tensor : tensors) {
        inputs.emplace_back();
        if (!tensor.defined()) continue;
        std::vector<std::int64_t> dims = tensor.shape().dims();
        dims[0] = kRows;
        inputs.back() = trace.input(fmt::format("{}{}", name, values.size()), Shape(dims), tensor.dtype());
        values.push_back(tensor.raw());
      }
      return inputs;
    }
  };

  void run_planned(const Layer& layer, const json& config, double learning_rate, const std::string& name) const {
    const std::vector<Variable> weights = trained(layer);
    const ParameterSpace space(weights, heap_arena);
    graph::Trace trace(training());
    Feed feed{trace};
    const layers::CallLosses calls;
    const std::vector<Tensor> inputs = feed("x", values_.inputs);
    const std::vector<Tensor> outputs = layer.call(inputs, options(training(), feed("mask", values_.masks)));
    std::vector<Tensor> results = outputs;
    if (step_.at("differentiable").get<bool>()) {
      const Tensor loss = loss_of(layer, mixed(outputs, feed("mix", values_.mixes)), calls);
      const std::vector<Tensor> of_weights = gradients(loss, weights), of_inputs = gradients(loss, inputs);
      for (std::size_t i = 0; i < weights.size(); ++i) trace.add_gradient(weights[i], of_weights[i]);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (is_floating(inputs[i].dtype())) results.push_back(of_inputs[i]);
    }
    const auto plan = plan::Plan::compile(trace, results, {});
    const std::int64_t rows = values_.inputs[0].rows();
    const auto rule = optim::make_rule(config);
    std::vector<Arena> slots;
    for (int i = 0; i < rule->slots(); ++i) slots.push_back(heap_arena(space.elements() * size_of(dtype_)));
    for (int number = 0; number < kSteps; ++number) {
      plan->run(feed.values, {rows, number, 0, 1 / static_cast<double>(rows)}, nullptr);
      if (number == 0 && name == "sgd") write_results(*plan, results, outputs.size(), inputs);
      if (dtype_ == DType::kFloat64)
        apply<double>(*rule, {number, learning_rate}, space, slots);
      else
        apply<float>(*rule, {number, learning_rate}, space, slots);
      for (Variable weight : weights) weight.constrain();
    }
    const std::vector<Variable> all = layer->weights();
    for (std::size_t i = 0; i < all.size(); ++i) write(fmt::format("{}_weight{}", name, i), all[i].value());
  }

  void write_results(const plan::Plan& plan, const std::vector<Tensor>& results, std::size_t outputs,
                     const std::vector<Tensor>& inputs) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < outputs; ++i) names.push_back(fmt::format("planned_output{}", i));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (is_floating(inputs[i].dtype())) names.push_back(fmt::format("planned_input_gradient{}", i));
    for (std::size_t i = 0; i < results.size(); ++i) {
      Tensor value(plan.output_shape(i), results[i].dtype());
      if (value.bytes() > 0) std::memcpy(value.mutable_raw(), plan.output(i), value.bytes());
      write(names[i], value);
    }
  }

  template <class T>
  static void apply(const optim::Rule& rule, const optim::Step& step, const ParameterSpace& space,
                    const std::vector<Arena>& slots) {
    std::vector<T*> state;
    for (const Arena& slot : slots) state.push_back(reinterpret_cast<T*>(slot.at(0)));
    if (space.elements() == 0) return;
    rule.apply(step, space.elements(), reinterpret_cast<T*>(space.weights().at(0)),
               reinterpret_cast<const T*>(space.gradients().at(0)), state.data());
  }

  const json& step_;
  const hdf5::Group& out_;
  DType dtype_;
  Values values_;
};

}  // namespace

void play_layer_case(const json& step, const hdf5::Group& data, const hdf5::Group& out) {
  const std::string place = step.at("place");
  const hdf5::Group mine = out.create_group(place);
  try {
    Case(step, data.group(place), mine).play();
  } catch (const std::exception& error) {
    mine.write_text("error", error.what());
  }
  set_floatx(DType::kFloat32);
}

}  // namespace shoal::testing
