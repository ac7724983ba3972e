#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "model/tensor/dtype.h"
#include "model/tensor/shape.h"

namespace shoal {

namespace graph {
struct Node;
}

// A row-major n-dimensional array, or the promise of one. An op makes a tensor that has a shape and a dtype but no
// values yet; reading values (`data`, `item`, `to_vector`) computes them. While a training step is traced, reading
// throws ValueError. A handle: copies share the values.
class Tensor {
 public:
  Tensor() = default;                // undefined; `defined()` is false
  Tensor(double scalar);             // NOLINT: a scalar takes the other operand's dtype, as in Keras
  Tensor(Shape shape, DType dtype);  // zeros
  template <class T>
  Tensor(std::span<const T> values, Shape shape);  // copies; throws ValueError when the counts differ
  template <class T>
  Tensor(const std::vector<T>& values, Shape shape) : Tensor(std::span<const T>(values), std::move(shape)) {}
  // Any Eigen matrix or vector expression: shape (rows, cols), copied element by element.
  template <class Matrix>
  requires requires(const Matrix& m) {
    m.rows();
    m.cols();
    m(0, 0);
    typename Matrix::Scalar;
  }
  explicit Tensor(const Matrix& matrix);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  std::int64_t rows() const { return shape()[0]; }

  template <class T>
  const T* data() const;  // computes if need be; throws ValueError on another dtype
  template <class T>
  T* mutable_data();  // for tensors with values; shared by all copies of the handle
  const void* raw() const;
  void* mutable_raw();
  template <class T = double>
  T item() const;  // the only element, converted; throws if there are several
  template <class T>
  std::vector<T> to_vector() const;  // converted copy
  std::size_t bytes() const { return static_cast<std::size_t>(shape().elements()) * size_of(dtype()); }

  Tensor slice(std::int64_t begin, std::int64_t end) const;  // rows [begin, end), copied
  Tensor astype(DType dtype) const;                          // converted copy of the values
  Tensor clone() const;

  // --- for the floors above ---
  struct Impl;
  static Tensor promise(std::shared_ptr<graph::Node> node, Shape shape, DType dtype);
  const std::shared_ptr<graph::Node>& node() const;  // null for plain values
  bool has_values() const;
  bool is_weak_scalar() const;                           // made from a C++ number
  double weak_value() const;                             // that number, before it was rounded to a dtype
  void set_values(std::shared_ptr<void> storage) const;  // gives a promised tensor its values
  static Tensor adopt(std::shared_ptr<void> storage, Shape shape, DType dtype);

 private:
  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  void copy_in(const void* source, std::size_t count, DType dtype);
  void check_dtype(DType dtype) const;
  std::shared_ptr<Impl> impl_;
};

[[noreturn]] void throw_not_scalar(const Shape& shape);

// 64-byte aligned, zeroed.
std::shared_ptr<void> allocate_values(std::size_t bytes);

// `model/plan` installs what computes a promised tensor (it must end with `set_values`).
using Evaluator = void (*)(const Tensor&);
void set_evaluator(Evaluator evaluator);

// Calls `visit` with a null pointer of the C++ type of `dtype`: visit((float*)nullptr).
template <class Visitor>
decltype(auto) visit_dtype(DType dtype, Visitor&& visit) {
  switch (dtype) {
    case DType::kFloat64:
      return visit(static_cast<double*>(nullptr));
    case DType::kInt32:
      return visit(static_cast<std::int32_t*>(nullptr));
    case DType::kInt64:
      return visit(static_cast<std::int64_t*>(nullptr));
    case DType::kUInt8:
      return visit(static_cast<std::uint8_t*>(nullptr));
    case DType::kBool:
      return visit(static_cast<bool*>(nullptr));
    case DType::kFloat32:
      break;
  }
  return visit(static_cast<float*>(nullptr));
}

// --- templates ---

template <class T>
Tensor::Tensor(std::span<const T> values, Shape shape) : Tensor(std::move(shape), dtype_of<T>) {
  copy_in(values.data(), values.size(), dtype_of<T>);
}

template <class Matrix>
requires requires(const Matrix& m) {
  m.rows();
  m.cols();
  m(0, 0);
  typename Matrix::Scalar;
}
Tensor::Tensor(const Matrix& matrix)
    : Tensor(Shape{static_cast<std::int64_t>(matrix.rows()), static_cast<std::int64_t>(matrix.cols())},
             dtype_of<typename Matrix::Scalar>) {
  auto* out = mutable_data<typename Matrix::Scalar>();
  for (decltype(matrix.rows()) i = 0; i < matrix.rows(); ++i)
    for (decltype(matrix.cols()) j = 0; j < matrix.cols(); ++j) *out++ = matrix(i, j);
}

template <class T>
const T* Tensor::data() const {
  check_dtype(dtype_of<T>);
  return static_cast<const T*>(raw());
}

template <class T>
T* Tensor::mutable_data() {
  check_dtype(dtype_of<T>);
  return static_cast<T*>(mutable_raw());
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const void* source = raw();
  std::vector<T> result(static_cast<std::size_t>(shape().elements()));
  visit_dtype(dtype(), [&](auto* type) {
    const auto* values = static_cast<std::remove_pointer_t<decltype(type)> const*>(source);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<T>(values[i]);
  });
  return result;
}

template <class T>
T Tensor::item() const {
  const Tensor one = *this;
  const auto values = one.to_vector<double>();
  if (values.size() != 1) throw_not_scalar(shape());
  return static_cast<T>(values[0]);
}

}  // namespace shoal
