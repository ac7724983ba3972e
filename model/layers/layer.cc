#include "model/layers/layer.h"

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/graph/trace.h"
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

}  // namespace

Layer::Layer(std::shared_ptr<LayerImpl> impl) : impl_(std::move(impl)) {
  plan::install_evaluator();  // a layer may be called and its result read without any model
  if (impl_ && impl_->name().empty()) impl_->set_name(layers::unique_name(impl_->class_name()));
}

Shape LayerImpl::compute_output_shape(const Shape& input) {
  const graph::Trace* outer = graph::Trace::current();
  graph::Trace trace(outer != nullptr && outer->training());
  return (*this)(trace.input("input", symbolic(input), dtype_), false).shape();
}

Tensor LayerImpl::operator()(const Tensor& x, bool training) {
  ensure_built(x.shape());
  check_input(x.shape());
  const graph::Scope scope(name_);
  const bool convert = is_floating(x.dtype()) && x.dtype() != dtype_;
  return call(convert ? ops::cast(x, dtype_) : x, training);
}

void LayerImpl::ensure_built(const Shape& input) {
  if (built_) return;
  if (input.rank() == 0) raise("layer '{}': a layer's input has a batch axis in front, received a scalar", name_);
  if (name_.empty()) name_ = layers::unique_name(class_name());
  check_input(input);
  build(symbolic(input));
  build_shape_ = symbolic(input);
  built_ = true;
}

void LayerImpl::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (auto& [variable, own] : weights_with_flags_) variable.set_trainable(own && trainable);
}

std::int64_t LayerImpl::count_params() const {
  std::int64_t count = 0;
  for (const Variable& weight : weights_) count += static_cast<std::int64_t>(weight.size());
  return count;
}

Variable LayerImpl::add_weight(const std::string& name, const Shape& shape, const nlohmann::json& initializer,
                               bool trainable) {
  for (const std::int64_t size : shape.dims())
    if (size < 0)
      raise("layer '{}': weight '{}' needs a shape without symbolic rows, received {}", name_, name, shape.to_string());
  Variable variable(initializers::initialize(initializer, shape, dtype_), name, trainable && trainable_);
  variable.set_path(name_ + "/" + name);
  weights_.push_back(variable);
  weights_with_flags_.emplace_back(variable, trainable);
  return variable;
}

nlohmann::json LayerImpl::config() const {
  nlohmann::json result = {{"name", name_}, {"trainable", trainable_}, {"dtype", name_of(dtype_)}};
  result.update(get_config());
  return result;
}

}  // namespace shoal
