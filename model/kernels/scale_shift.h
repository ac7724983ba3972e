#pragma once

#include <cstdint>

// Batch normalization with what surrounds it, row by row. Pairs [2, cols] are a scale and a shift of each column.
namespace shoal::kernels {

// Where a ReLU let values through: where `values`, its output, is positive; or, for one behind a scale and shift of y,
// where that is. Neither: everywhere.
template <class T>
struct Passed {
  const T* values = nullptr;
  const T* pair = nullptr;
};

// out = x a[0] + a[1] (+ addend) (ReLU); with y: out = x' a[0] + a[1] + y b[0] + b[1], where x' is x or zero.
template <class T>
struct ScaleShiftArgs {
  std::int64_t rows = 0, cols = 0;
  const T* x = nullptr;
  const T* a = nullptr;
  const T* addend = nullptr;
  bool relu = false;
  const T* y = nullptr;
  const T* b = nullptr;
  Passed<T> passed = {};  // with y
  T* out = nullptr;
};

// sums[0][cols] += sum over rows of x' y, sums[1][cols] += of x', where x' is x or zero.
template <class T>
struct ColumnDotsArgs {
  std::int64_t rows = 0, cols = 0;
  const T* x = nullptr;
  const T* y = nullptr;
  Passed<T> passed = {};
  T* sums = nullptr;
};

}  // namespace shoal::kernels
