#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace shoal {

// Sizes of a tensor's axes, row-major. While a step is traced the number of rows of a batch is not known: a negative
// size -k stands for k times the rows of the batch, so that a plan made once serves every batch. Only axis 0 may be
// symbolic.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int axis) const;  // negative axes count from the end; throws ValueError out of range
  const std::vector<std::int64_t>& dims() const { return dims_; }

  bool has_rows() const { return !dims_.empty() && dims_[0] < 0; }
  Shape with_rows(std::int64_t rows) const;  // the symbolic axis replaced by a number
  std::int64_t elements() const;             // throws InternalError when symbolic
  // Elements of one row of the batch: k times the product of the other axes when axis 0 is -k, else the product of
  // all axes but the first.
  std::int64_t elements_per_row() const;
  int normalize_axis(int axis) const;  // -1 -> rank-1; throws ValueError out of range

  std::string to_string() const;  // "(None, 32, 32, 3)", as Keras prints it; -2 prints as "2*None"
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> dims_;
};

inline constexpr std::int64_t kRows = -1;  // Shape{kRows, 28, 28, 1}

// NumPy's broadcasting rule; throws ValueError naming `place` when the shapes do not fit.
Shape broadcast(const Shape& a, const Shape& b, const char* place);

}  // namespace shoal
