#include "model/tensor/shape.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal {

int Shape::normalize_axis(int axis) const {
  const int result = axis < 0 ? axis + rank() : axis;
  if (result < 0 || result >= rank()) raise("axis {} is out of range for shape {}", axis, to_string());
  return result;
}

std::int64_t Shape::operator[](int axis) const { return dims_[static_cast<std::size_t>(normalize_axis(axis))]; }

Shape Shape::with_rows(std::int64_t rows) const {
  Shape result = *this;
  if (has_rows()) result.dims_[0] = -dims_[0] * rows;
  return result;
}

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (std::int64_t dim : dims_) {
    if (dim < 0) raise<InternalError>("shape {} has no number of elements while its rows are symbolic", to_string());
    product *= dim;
  }
  return product;
}

std::int64_t Shape::elements_per_row() const {
  std::int64_t product = has_rows() ? -dims_[0] : 1;
  for (std::size_t i = 1; i < dims_.size(); ++i) product *= dims_[i];
  return product;
}

std::string Shape::to_string() const {
  std::string text = "(";
  for (std::size_t i = 0; i < dims_.size(); ++i) {
    if (i > 0) text += ", ";
    const std::int64_t dim = dims_[i];
    text += dim >= 0 ? std::to_string(dim) : dim == kRows ? "None" : std::to_string(-dim) + "*None";
  }
  return text + (dims_.size() == 1 ? ",)" : ")");
}

Shape broadcast(const Shape& a, const Shape& b, const char* place) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank));
  for (int i = 1; i <= rank; ++i) {
    const std::int64_t x = i <= a.rank() ? a[-i] : 1, y = i <= b.rank() ? b[-i] : 1;
    if (x != y && x != 1 && y != 1)
      raise("{}: shapes {} and {} cannot be broadcast together", place, a.to_string(), b.to_string());
    dims[static_cast<std::size_t>(rank - i)] = x == 1 ? y : x;
  }
  return Shape(std::move(dims));
}

}  // namespace shoal
