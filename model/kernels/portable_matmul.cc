#include <Eigen/Core>
#include <algorithm>

#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

constexpr std::int64_t kRows = 4;

template <class T>
constexpr std::int64_t kColumns = 32 / sizeof(T);

// Rows x kColumns of c; b is a panel whose rows lie `ldb` apart and hold kColumns readable values, `columns` of which
// exist in c.
template <class T, int Rows>
void tile(const MatmulArgs<T>& args, std::int64_t row, std::int64_t column, std::int64_t columns, const T* b,
          std::int64_t ldb) {
  constexpr int kWidth = kColumns<T>;
  using Line = Eigen::Array<T, kWidth, 1>;
  const std::int64_t row_stride = args.transpose_a ? 1 : args.lda;
  const std::int64_t k_stride = args.transpose_a ? args.lda : 1;
  const T* a = args.a + row * row_stride;
  T* c = args.c + row * args.ldc + column;

  Line sums[Rows];
  for (int r = 0; r < Rows; ++r) {
    sums[r].setZero();
    if (args.accumulate) std::copy_n(c + r * args.ldc, columns, sums[r].data());
  }
  for (std::int64_t k = 0; k < args.k; ++k) {
    const Line line = Eigen::Map<const Line>(b + k * ldb);
    for (int r = 0; r < Rows; ++r) sums[r] += a[k * k_stride + r * row_stride] * line;
  }
  for (int r = 0; r < Rows; ++r) {
    T* out = c + r * args.ldc;
    for (std::int64_t j = 0; j < columns; ++j) {
      T value = sums[r][j];
      if (!args.accumulate) {
        if (args.bias) value += args.bias[column + j];
        value = activate(args.activation, value);
      }
      out[j] = value;
    }
  }
}

// Copies `columns` columns of b into rows of kColumns, zeros behind them.
template <class T>
void pack(const MatmulArgs<T>& args, std::int64_t column, std::int64_t columns, T* panel) {
  const std::int64_t k_stride = args.transpose_b ? 1 : args.ldb;
  const std::int64_t column_stride = args.transpose_b ? args.ldb : 1;
  for (std::int64_t k = 0; k < args.k; ++k) {
    const T* from = args.b + k * k_stride + column * column_stride;
    T* to = panel + k * kColumns<T>;
    for (std::int64_t j = 0; j < kColumns<T>; ++j) to[j] = j < columns ? from[j * column_stride] : T(0);
  }
}

}  // namespace

template <class T>
void matmul(const MatmulArgs<T>& args) {
  for (std::int64_t column = 0; column < args.n; column += kColumns<T>) {
    const std::int64_t columns = std::min(kColumns<T>, args.n - column);
    const T* b = args.b + column;
    std::int64_t ldb = args.ldb;
    if (args.transpose_b || columns < kColumns<T>) {
      T* panel = static_cast<T*>(args.scratch);
      pack(args, column, columns, panel);
      b = panel;
      ldb = kColumns<T>;
    }
    std::int64_t row = 0;
    for (; row + kRows <= args.m; row += kRows) tile<T, kRows>(args, row, column, columns, b, ldb);
    for (; row < args.m; ++row) tile<T, 1>(args, row, column, columns, b, ldb);
  }
}

template <class T>
std::size_t matmul_scratch(const MatmulArgs<T>& args) {
  const bool packs = args.transpose_b || args.n % kColumns<T> != 0;
  return packs ? static_cast<std::size_t>(args.k * kColumns<T>) * sizeof(T) : 0;
}

template void matmul(const MatmulArgs<float>&);
template void matmul(const MatmulArgs<double>&);
template std::size_t matmul_scratch(const MatmulArgs<float>&);
template std::size_t matmul_scratch(const MatmulArgs<double>&);

}  // namespace shoal::kernels::portable
