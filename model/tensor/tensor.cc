#include "model/tensor/tensor.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "common/base/error.h"

namespace shoal {

struct Tensor::Impl {
  Shape shape;
  DType dtype = DType::kFloat32;
  bool weak = false;
  double scalar = 0;
  std::shared_ptr<void> values;
  std::shared_ptr<graph::Node> node;
};

namespace {
std::atomic<Evaluator> evaluator{nullptr};
}

void set_evaluator(Evaluator e) { evaluator = e; }

std::shared_ptr<void> allocate_values(std::size_t bytes) {
  const std::size_t padded = (bytes + 63) / 64 * 64 + (bytes == 0 ? 64 : 0);
  void* memory = std::aligned_alloc(64, padded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, padded);
  return {memory, &std::free};
}

void throw_not_scalar(const Shape& shape) {
  raise("item(): needs a tensor of one element, received shape {}", shape.to_string());
}

Tensor::Tensor(double scalar) : impl_(std::make_shared<Impl>()) {
  impl_->shape = Shape{};
  impl_->dtype = floatx();
  impl_->weak = true;
  impl_->scalar = scalar;
  impl_->values = allocate_values(8);
  if (impl_->dtype == DType::kFloat64)
    *static_cast<double*>(impl_->values.get()) = scalar;
  else
    *static_cast<float*>(impl_->values.get()) = static_cast<float>(scalar);
}

Tensor::Tensor(Shape shape, DType dtype) : impl_(std::make_shared<Impl>()) {
  impl_->shape = std::move(shape);
  impl_->dtype = dtype;
  impl_->values = allocate_values(static_cast<std::size_t>(impl_->shape.elements()) * size_of(dtype));
}

Tensor Tensor::adopt(std::shared_ptr<void> storage, Shape shape, DType dtype) {
  auto impl = std::make_shared<Impl>();
  impl->shape = std::move(shape);
  impl->dtype = dtype;
  impl->values = std::move(storage);
  return Tensor(std::move(impl));
}

const Shape& Tensor::shape() const {
  if (!impl_) raise<InternalError>("an undefined tensor has no shape");
  return impl_->shape;
}

DType Tensor::dtype() const {
  if (!impl_) raise<InternalError>("an undefined tensor has no dtype");
  return impl_->dtype;
}

const void* Tensor::raw() const {
  if (!impl_) raise<InternalError>("an undefined tensor has no values");
  if (!impl_->values) {
    if (evaluator == nullptr) raise<InternalError>("no evaluator is installed: link the library shoal::plan");
    evaluator.load()(*this);
    if (!impl_->values) raise<InternalError>("the evaluator gave no values");
  }
  return impl_->values.get();
}

void* Tensor::mutable_raw() {
  raw();
  return impl_->values.get();
}

void Tensor::copy_in(const void* source, std::size_t count, DType dtype) {
  if (count != static_cast<std::size_t>(impl_->shape.elements()))
    raise("a tensor of shape {} needs {} values, received {}", impl_->shape.to_string(), impl_->shape.elements(),
          count);
  if (count > 0) std::memcpy(impl_->values.get(), source, count * size_of(dtype));
}

void Tensor::check_dtype(DType dtype) const {
  if (this->dtype() != dtype)
    raise("the tensor's dtype is {}, it was read as {}", name_of(this->dtype()), name_of(dtype));
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
  if (shape().rank() == 0 || begin < 0 || end < begin || end > rows())
    raise("slice [{}, {}) is out of range for shape {}", begin, end, shape().to_string());
  std::vector<std::int64_t> dims = shape().dims();
  dims[0] = end - begin;
  Tensor result(Shape(std::move(dims)), dtype());
  const std::size_t row = rows() == 0 ? 0 : bytes() / static_cast<std::size_t>(rows());
  if (result.bytes() > 0)
    std::memcpy(result.mutable_raw(), static_cast<const std::byte*>(raw()) + static_cast<std::size_t>(begin) * row,
                result.bytes());
  return result;
}

Tensor Tensor::astype(DType target) const {
  Tensor result(shape(), target);
  const void* source = raw();
  void* out = result.mutable_raw();
  const auto n = static_cast<std::size_t>(shape().elements());
  visit_dtype(dtype(), [&](auto* from) {
    visit_dtype(target, [&](auto* to) {
      using From = std::remove_pointer_t<decltype(from)>;
      using To = std::remove_pointer_t<decltype(to)>;
      for (std::size_t i = 0; i < n; ++i)
        static_cast<To*>(out)[i] = static_cast<To>(static_cast<const From*>(source)[i]);
    });
  });
  return result;
}

Tensor Tensor::clone() const { return astype(dtype()); }

Tensor Tensor::promise(std::shared_ptr<graph::Node> node, Shape shape, DType dtype) {
  auto impl = std::make_shared<Impl>();
  impl->shape = std::move(shape);
  impl->dtype = dtype;
  impl->node = std::move(node);
  return Tensor(std::move(impl));
}

const std::shared_ptr<graph::Node>& Tensor::node() const {
  static const std::shared_ptr<graph::Node> none;
  return impl_ ? impl_->node : none;
}

bool Tensor::has_values() const { return impl_ && impl_->values != nullptr; }
bool Tensor::is_weak_scalar() const { return impl_ && impl_->weak; }
double Tensor::weak_value() const { return impl_ ? impl_->scalar : 0; }
void Tensor::set_values(std::shared_ptr<void> storage) const { impl_->values = std::move(storage); }

}  // namespace shoal
