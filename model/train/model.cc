#include "model/train/model.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "model/train/added_losses.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal {
namespace {

// The variables still lie where the space put them, and are still the ones that train.
bool is_current(const ParameterSpace& space, const std::vector<Variable>& trainable) {
  if (space.entries().size() != trainable.size()) return false;
  for (std::size_t i = 0; i < trainable.size(); ++i) {
    const auto& entry = space.entries()[i];
    const void* place = space.weights().at(entry.offset * size_of(space.dtype()));
    if (!(entry.variable == trainable[i]) || entry.variable.data() != place) return false;
  }
  return true;
}

}  // namespace

Model::Model(const Several<KerasTensor>& inputs, const Several<KerasTensor>& outputs, const std::string& name)
    : Model(functional::make_functional(inputs.values(), outputs.values(), name)) {
  if (outputs.is_named())
    raise("Model: outputs are named after the layers that give them, received names of their own");
  inputs.check_names(input_names(), "Model: inputs");
}
Model::Model(std::shared_ptr<NetworkImpl> network) : network_(std::move(network)), state_(std::make_unique<State>()) {
  plan::install_evaluator();
}
Model::~Model() = default;

// Programs of an eager model hold the place of the one that they were made for.
Model::Model(Model&& other) noexcept
    : stop_training(other.stop_training), network_(std::move(other.network_)), state_(std::move(other.state_)) {
  if (state_) state_->programs.clear();
}
Model& Model::operator=(Model&& other) noexcept {
  network_ = std::move(other.network_);
  state_ = std::move(other.state_);
  if (state_) state_->programs.clear();
  return *this;
}

void Model::compile(CompileOptions options) {
  state_->updater.reset();
  state_->programs.clear();
  state_->options = std::move(options);
}

bool Model::compiled() const { return state_->options.has_value(); }

const CompileOptions& Model::compile_options() const {
  if (!compiled()) raise("model '{}': call compile() before using the model for training or evaluation", name());
  return *state_->options;
}

Optimizer& Model::optimizer() {
  compile_options();
  return state_->options->optimizer;
}

std::vector<Tensor> Model::call(const std::vector<Tensor>& inputs, bool training) const {
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  network_->ensure_built(shapes);
  network_->check_inputs(shapes);
  return keep_losses([&] { return network_->call_all(inputs, {.training = training}); });
}

Tensor Model::operator()(const Tensor& x, bool training) const {
  return keep_losses([&] { return std::vector<Tensor>{Layer(network_)(x, training)}; }).at(0);
}

std::vector<Tensor> Model::keep_losses(const std::function<std::vector<Tensor>()>& called) const {
  if (layers::CallLosses::active()) return called();  // somebody else keeps them: a step of fit
  const layers::CallLosses calls;
  std::vector<Tensor> outputs = called();
  state_->call_losses = calls.values();
  return outputs;
}

std::vector<Tensor> Model::losses() const {
  std::vector<Tensor> result = state_->call_losses;
  const std::vector<Tensor> of_weights = train::penalties_of(*this);
  result.insert(result.end(), of_weights.begin(), of_weights.end());
  return result;
}

Shape Model::input_shape() const {
  const std::vector<Shape> shapes = input_shapes();
  return shapes.empty() ? Shape() : shapes.front();
}

std::vector<Variable> Model::trainable_weights() const {
  std::vector<Variable> result;
  for (const Variable& variable : weights())
    if (variable.trainable()) result.push_back(variable);
  return result;
}

std::vector<Tensor> Model::get_weights() const {
  if (state_->updater) state_->updater->all_current();
  std::vector<Tensor> result;
  for (const Variable& variable : weights()) result.push_back(variable.value());
  return result;
}

void Model::set_weights(const std::vector<Tensor>& values) {
  const std::vector<Variable> variables = weights();
  if (values.size() != variables.size())
    raise("model '{}': set_weights needs {} arrays, received {}", name(), variables.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].shape() != variables[i].shape())
      raise("model '{}': weight '{}' has shape {}, set_weights received {}", name(), variables[i].path(),
            variables[i].shape().to_string(), values[i].shape().to_string());
  if (state_->updater) state_->updater->release_weights();
  for (std::size_t i = 0; i < values.size(); ++i) Variable(variables[i]).assign(values[i]);
  state_->published = false;
  if (state_->fitting) train::make_weights_common(*this);
}

Layer Model::get_layer(const std::string& name) const {
  std::string names;
  for (const Layer& layer : layers()) {
    if (layer->name() == name) return layer;
    names += (names.empty() ? "" : ", ") + layer->name();
  }
  raise("model '{}': no layer is named '{}'; there are: {}", network_->name(), name, names);
}

const ParameterSpace& Model::parameter_space() {
  if (!built()) raise("model '{}': it has no weights before it is built; give the first layer an input_shape", name());
  const std::vector<Variable> trainable = trainable_weights();
  if (state_->has_space && is_current(state_->space, trainable)) return state_->space;
  if (state_->updater)
    log::warning("model '{}': its trainable weights changed since compile; the optimizer starts afresh", name());
  state_->updater.reset();
  state_->programs.clear();
  state_->space = ParameterSpace(trainable, train::run_context().arena_allocator());
  state_->has_space = true;
  state_->published = false;
  return state_->space;
}

train::ParameterUpdater& Model::updater() {
  const CompileOptions& options = compile_options();
  const ParameterSpace& space = parameter_space();
  if (!state_->updater) {
    state_->updater = train::run_context().make_updater(space, options.optimizer.rule());
    state_->published = false;
  }
  return *state_->updater;
}

namespace train {

DType dtype_of_model(const Model& model) {
  for (const Layer& layer : model.layers())
    if (layer->class_name() != "InputLayer") return layer->dtype();
  return floatx();
}

void make_weights_common(Model& model) {
  Model::State& state = model.state();
  if (!model.compiled() || state.published) return;
  ParameterUpdater& updater = model.updater();
  updater.publish_weights();
  updater.all_current();
  if (run_context().workers() > 1)
    for (Variable& variable : model.weights()) {
      if (variable.trainable()) continue;
      const std::string bytes =
          run_context().broadcast(std::string(static_cast<const char*>(variable.data()), variable.bytes()));
      if (bytes.size() != variable.bytes())
        raise("variable '{}': the chief's has {} bytes, this worker's {}", variable.path(), bytes.size(),
              variable.bytes());
      std::copy(bytes.begin(), bytes.end(), static_cast<char*>(variable.data()));
    }
  state.published = true;
}

StepProgram& program_for(Model& model, const Signature& signature) {
  if (model.compiled()) model.parameter_space();  // drops programs that hold old places
  if (model.state().program_seed != random::global_seed()) model.state().programs.clear();
  model.state().program_seed = random::global_seed();
  std::string key = std::to_string(static_cast<int>(signature.kind));
  for (const auto* parts : {&signature.x, &signature.y, &signature.weights}) {
    for (const Signature::Part& part : *parts)
      key += part.given ? part.shape.to_string() + std::string(name_of(part.dtype)) : "-";
    key += '|';
  }
  auto& program = model.state().programs[key];
  if (!program) {
    const bool eager = model.compiled() && model.compile_options().run_eagerly;
    program = eager ? make_eager_program(model, signature) : make_traced_program(model, signature);
  }
  return *program;
}

}  // namespace train
}  // namespace shoal
