#include "model/layers/layer.h"

#include <set>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/graph/trace.h"
#include "model/layers/call_losses.h"
#include "model/layers/initializers.h"
#include "model/layers/naming.h"
#include "model/plan/plan.h"

namespace shoal {
namespace {

// The shape with symbolic rows: weights do not depend on how many rows the first input had.
Shape symbolic(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  if (!dims.empty()) dims[0] = kRows;
  return Shape(std::move(dims));
}

std::vector<Shape> shapes_of(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

// "kernel" -> "kernel_regularizer", "recurrent_kernel" -> "recurrent_regularizer".
std::string key_of(const std::string& weight, const char* what) {
  const auto end = weight.size() > 7 && weight.ends_with("_kernel") ? weight.size() - 7 : weight.size();
  return weight.substr(0, end) + what;
}

const nlohmann::json& find(const std::map<std::string, nlohmann::json>& objects, const std::string& key) {
  static const nlohmann::json none = nullptr;
  const auto found = objects.find(key);
  return found == objects.end() ? none : found->second;
}

// Runs `body`; what it refuses is told with the layer's name in front, unless the message has it.
template <class Body>
auto naming(const std::string& layer, Body&& body) {
  try {
    return body();
  } catch (const ValueError& error) {
    const std::string message = error.what();
    if (message.find('\'' + layer + '\'') != std::string::npos) throw;
    raise("layer '{}': {}", layer, message);
  }
}

}  // namespace

Layer::Layer(std::shared_ptr<LayerImpl> impl) : impl_(std::move(impl)) {
  plan::install_evaluator();  // a layer may be called and its result read without any model
  if (impl_ && impl_->name().empty()) impl_->set_name(layers::unique_name(impl_->class_name()));
}

Tensor LayerImpl::call(const Tensor& /*x*/, bool /*training*/) {
  raise("layer '{}': {} does not say how it is called on one input", name_, class_name());
}

void LayerImpl::build_all(const std::vector<Shape>& inputs) { build(inputs.at(0)); }

std::vector<Tensor> LayerImpl::call_all(const std::vector<Tensor>& inputs, const CallOptions& options) {
  return {call(inputs.at(0), options.training)};
}

void LayerImpl::check_inputs(const std::vector<Shape>& inputs) const {
  if (inputs.size() != 1) raise("layer '{}': {} takes one input, received {}", name_, class_name(), inputs.size());
  check_input(inputs[0]);
}

Tensor LayerImpl::compute_mask(const std::vector<Tensor>& /*inputs*/, const std::vector<Tensor>& masks) const {
  return masks.at(0);
}

Shape LayerImpl::compute_output_shape(const Shape& input) { return compute_output_shapes({input}).at(0); }

std::vector<Shape> LayerImpl::compute_output_shapes(const std::vector<Shape>& inputs) {
  const graph::Trace* outer = graph::Trace::current();
  graph::Trace trace(outer != nullptr && outer->training());
  std::vector<Tensor> symbols;
  for (const Shape& input : inputs)
    symbols.push_back(trace.input(fmt::format("input_{}", symbols.size()), symbolic(input), dtype_));
  std::vector<Shape> shapes;
  for (const Tensor& output : (*this)(symbols, {})) shapes.push_back(output.shape());
  return shapes;
}

Tensor LayerImpl::operator()(const Tensor& x, bool training) {
  return (*this)(std::vector<Tensor>{x}, {.training = training}).at(0);
}

std::vector<Tensor> LayerImpl::operator()(const std::vector<Tensor>& inputs, CallOptions options) {
  const std::vector<Shape> shapes = shapes_of(inputs);
  ensure_built(shapes);
  naming(name_, [&] { check_inputs(shapes); });
  const graph::Scope scope(name_);
  std::vector<Tensor> converted;
  const bool carried = options.masks.empty();
  for (const Tensor& input : inputs) {
    const bool convert = casts_inputs() && is_floating(input.dtype()) && input.dtype() != dtype_;
    converted.push_back(convert ? ops::cast(input, dtype_) : input);
    if (carried) options.masks.push_back(graph::mask_of(input));
  }
  if (options.masks.size() != inputs.size())
    raise("layer '{}': received {} masks for {} inputs", name_, options.masks.size(), inputs.size());
  std::vector<Tensor> outputs = naming(name_, [&] { return call_all(converted, options); });
  if (supports_masking())
    if (const Tensor mask = compute_mask(converted, options.masks); mask.defined()) {
      Tensor& first = outputs.at(0);  // of a layer that passes plain values on: made a node, which can carry a mask
      if (!first.node()) first = graph::make("reshape", {first}, graph::ShapeAttributes{first.shape()});
      graph::set_mask(first, mask);
    }
  for (const Tensor& output : outputs)
    if (const Tensor penalty = regularizers::penalty_per_row(regularizer_of("activity_regularizer"), output);
        penalty.defined())
      add_loss(ops::mean(penalty));
  return outputs;
}

void LayerImpl::add_loss(const Tensor& loss) { layers::CallLosses::add(loss); }

void LayerImpl::ensure_built(const std::vector<Shape>& inputs) {
  if (built_) return;
  std::vector<Shape> shapes;
  for (const Shape& input : inputs) {
    if (input.rank() == 0) raise("layer '{}': a layer's input has a batch axis in front, received a scalar", name_);
    shapes.push_back(symbolic(input));
  }
  if (name_.empty()) name_ = layers::unique_name(class_name());
  naming(name_, [&] {
    check_inputs(inputs);
    build_all(shapes);
  });
  build_shapes_ = std::move(shapes);
  built_ = true;
}

void LayerImpl::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (auto& [variable, own] : weights_with_flags_) variable.set_trainable(own && trainable);
  for (auto& [attribute, layer] : sublayers_) layer->set_trainable(trainable);
}

void LayerImpl::add_sublayer(const std::string& attribute, std::shared_ptr<LayerImpl> layer) {
  if (layer->name().empty()) layer->set_name(layers::unique_name(layer->class_name()));
  for (const auto& [key, regularizer] : regularizers_)
    if (key != "activity_regularizer") layer->set_regularizer(key, regularizer);
  for (const auto& [key, constraint] : constraints_) layer->set_constraint(key, constraint);
  sublayers_.emplace_back(attribute, std::move(layer));
}

std::vector<Variable> LayerImpl::weights() const {
  std::vector<Variable> result = weights_;
  std::set<std::uint64_t> seen;
  for (const Variable& own : weights_) seen.insert(own.id());
  for (const auto& [attribute, layer] : sublayers_)
    for (const Variable& inner : layer->weights())
      if (seen.insert(inner.id()).second) result.push_back(inner);
  return result;
}

std::int64_t LayerImpl::count_params() const {
  std::int64_t count = 0;
  for (const Variable& weight : weights()) count += static_cast<std::int64_t>(weight.size());
  return count;
}

void LayerImpl::set_regularizer(const std::string& key, const Regularizer& regularizer) {
  if (regularizer.is_null()) return;
  regularizers_[key] = regularizers::get_config(regularizer);
  if (key == "activity_regularizer") return;
  for (auto& [attribute, layer] : sublayers_) layer->set_regularizer(key, regularizer);
}

void LayerImpl::set_constraint(const std::string& key, const Constraint& constraint) {
  if (constraint.is_null()) return;
  constraints_[key] = constraints::get_config(constraint);
  for (auto& [attribute, layer] : sublayers_) layer->set_constraint(key, constraint);
}

void LayerImpl::set_regularizers(std::initializer_list<std::pair<const char*, Regularizer>> regularizers) {
  for (const auto& [what, regularizer] : regularizers) set_regularizer(std::string(what) + "_regularizer", regularizer);
}

void LayerImpl::set_constraints(std::initializer_list<std::pair<const char*, Constraint>> constraints) {
  for (const auto& [what, constraint] : constraints) set_constraint(std::string(what) + "_constraint", constraint);
}

const Regularizer& LayerImpl::regularizer_of(const std::string& key) const { return find(regularizers_, key); }
const Constraint& LayerImpl::constraint_of(const std::string& key) const { return find(constraints_, key); }

std::vector<LayerImpl::Penalty> LayerImpl::penalties() const {
  std::vector<Penalty> result;
  for (const Penalty& penalty : penalties_)
    if (penalty.variable.trainable()) result.push_back(penalty);
  for (const auto& [attribute, layer] : sublayers_) {
    const std::vector<Penalty> inner = layer->penalties();
    result.insert(result.end(), inner.begin(), inner.end());
  }
  return result;
}

Variable LayerImpl::add_weight(const std::string& name, const Shape& shape, const nlohmann::json& initializer,
                               bool trainable, const Regularizer& regularizer, const Constraint& constraint) {
  for (const std::int64_t size : shape.dims())
    if (size < 0)
      raise("layer '{}': weight '{}' needs a shape without symbolic rows, received {}", name_, name, shape.to_string());
  Variable variable(initializers::initialize(initializer, shape, dtype_), name, trainable && trainable_);
  variable.set_path(name_ + "/" + name);
  weights_.push_back(variable);
  weights_with_flags_.emplace_back(variable, trainable);
  const Regularizer used =
      regularizers::get_config(regularizer.is_null() ? regularizer_of(key_of(name, "_regularizer")) : regularizer);
  if (!used.is_null()) penalties_.push_back({variable, used});
  constraints::attach(constraint.is_null() ? constraint_of(key_of(name, "_constraint")) : constraint, variable);
  return variable;
}

nlohmann::json LayerImpl::config() const {
  nlohmann::json result = {{"name", name_}, {"trainable", trainable_}, {"dtype", name_of(dtype_)}};
  result.update(get_config());
  for (const auto& [key, regularizer] : regularizers_) result[key] = regularizer;
  for (const auto& [key, constraint] : constraints_) result[key] = constraint;
  return result;
}

}  // namespace shoal
