#include "model/tensor/variable.h"

#include <atomic>
#include <cstring>

#include "common/base/error.h"

namespace shoal {

struct Variable::Impl {
  Shape shape;
  DType dtype;
  std::string name, path;
  bool trainable;
  std::uint64_t id;
  std::shared_ptr<void> values, gradient;
  std::function<void(void*)> constraint;
  int index = -1;
};

namespace {
std::atomic<std::uint64_t> next_id{0};
}

Variable::Variable(const Tensor& initial, std::string name, bool trainable) : impl_(std::make_shared<Impl>()) {
  impl_->shape = initial.shape();
  impl_->dtype = initial.dtype();
  impl_->name = name;
  impl_->path = std::move(name);
  impl_->trainable = trainable;
  impl_->id = ++next_id;
  impl_->values = allocate_values(initial.bytes());
  std::memcpy(impl_->values.get(), initial.raw(), initial.bytes());
}

const Shape& Variable::shape() const { return impl_->shape; }
DType Variable::dtype() const { return impl_->dtype; }
const std::string& Variable::name() const { return impl_->name; }
const std::string& Variable::path() const { return impl_->path; }
void Variable::set_path(std::string path) { impl_->path = std::move(path); }
bool Variable::trainable() const { return impl_->trainable; }
void Variable::set_trainable(bool trainable) { impl_->trainable = trainable; }
void Variable::set_constraint(std::function<void(void*)> constraint) { impl_->constraint = std::move(constraint); }
bool Variable::constrained() const { return impl_->constraint != nullptr; }
void Variable::constrain() {
  if (impl_->constraint) impl_->constraint(impl_->values.get());
}
void* Variable::data() const { return impl_->values.get(); }
void* Variable::gradient() const { return impl_->gradient.get(); }
int Variable::index() const { return impl_->index; }
std::uint64_t Variable::id() const { return impl_->id; }

Tensor Variable::value() const {
  Tensor copy(impl_->shape, impl_->dtype);
  std::memcpy(copy.mutable_raw(), impl_->values.get(), bytes());
  return copy;
}

void Variable::assign(const Tensor& value) {
  if (value.shape() != impl_->shape)
    raise("variable '{}' has shape {}, it was assigned a value of shape {}", impl_->path, impl_->shape.to_string(),
          value.shape().to_string());
  const Tensor converted = value.dtype() == impl_->dtype ? value : value.astype(impl_->dtype);
  std::memcpy(impl_->values.get(), converted.raw(), bytes());
}

ParameterSpace::ParameterSpace(std::vector<Variable> variables, const ArenaAllocator& allocate) {
  if (!variables.empty()) dtype_ = variables.front().dtype();
  const std::size_t unit = 64 / size_of(dtype_);
  for (Variable& variable : variables) {
    if (variable.dtype() != dtype_ || !is_floating(dtype_))
      raise("weights of one model must have one floating dtype: '{}' is {}, '{}' is {}", variables.front().path(),
            name_of(dtype_), variable.path(), name_of(variable.dtype()));
    const std::size_t size = variable.size();
    entries_.push_back({variable, elements_, size});
    elements_ += (size + unit - 1) / unit * unit;
  }
  weights_ = allocate(elements_ * size_of(dtype_));
  gradients_ = allocate(elements_ * size_of(dtype_));
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& impl = *entries_[i].variable.impl_;
    const std::size_t offset = entries_[i].offset * size_of(dtype_);
    std::memcpy(weights_.at(offset), impl.values.get(), entries_[i].variable.bytes());
    impl.values = std::shared_ptr<void>(weights_.memory, weights_.at(offset));
    impl.gradient = std::shared_ptr<void>(gradients_.memory, gradients_.at(offset));
    impl.index = static_cast<int>(i);
  }
}

ParameterSpace ParameterSpace::over(Arena weights, Arena gradients) const {
  ParameterSpace space = *this;
  space.weights_ = std::move(weights);
  space.gradients_ = std::move(gradients);
  return space;
}

}  // namespace shoal
