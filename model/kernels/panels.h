#pragma once

#include <algorithm>
#include <cstring>

#include "model/kernels/table.h"

namespace shoal::kernels {

// A weight matrix [k, n] cut into panels of columns, so that a small product repeated many times reads it front to
// back. Lives in scratch.
template <class T>
class Panels {
 public:
  Panels(std::int64_t k, std::int64_t n) : k_(k), n_(n) {}

  // For products of at most `rows` rows.
  std::size_t bytes(std::int64_t rows) const {
    return matrix_bytes() + table<T>().matmul_scratch(product(rows, kWidth)) +
           table<T>().matmul_scratch(product(rows, std::max<std::int64_t>(n_ % kWidth, 1)));
  }

  // `transposed`: b is stored [n, k].
  void pack(const T* b, std::int64_t ldb, bool transposed, void* memory) {
    data_ = static_cast<T*>(memory);
    for (std::int64_t column = 0; column < n_; column += kWidth) {
      const std::int64_t columns = std::min(kWidth, n_ - column);
      T* panel = data_ + column * k_;
      for (std::int64_t row = 0; row < k_; ++row) {
        T* to = panel + row * kWidth;
        if (transposed) {
          for (std::int64_t i = 0; i < columns; ++i) to[i] = b[(column + i) * ldb + row];
        } else {
          std::copy_n(b + row * ldb + column, columns, to);
        }
        std::fill_n(to + columns, kWidth - columns, T(0));
      }
    }
  }

  // c[rows, n] (+)= a[rows, k] b (+ bias).
  void multiply(std::int64_t rows, const T* a, std::int64_t lda, T* c, std::int64_t ldc, const T* bias,
                bool accumulate) const {
    for (std::int64_t column = 0; column < n_; column += kWidth) {
      MatmulArgs<T> args = product(rows, std::min(kWidth, n_ - column));
      args.a = a;
      args.lda = lda;
      args.b = data_ + column * k_;
      args.c = c + column;
      args.ldc = ldc;
      args.bias = bias ? bias + column : nullptr;
      args.accumulate = accumulate;
      args.scratch = reinterpret_cast<std::byte*>(data_) + matrix_bytes();
      table<T>().matmul(args);
    }
  }

 private:
  static constexpr std::int64_t kWidth = 32;

  std::size_t matrix_bytes() const {
    const std::int64_t padded = (n_ + kWidth - 1) / kWidth * kWidth;
    return (static_cast<std::size_t>(padded * k_) * sizeof(T) + 63) / 64 * 64;
  }

  MatmulArgs<T> product(std::int64_t rows, std::int64_t columns) const {
    MatmulArgs<T> args;
    args.m = rows;
    args.n = columns;
    args.k = k_;
    args.lda = k_;
    args.ldb = kWidth;
    args.ldc = n_;
    return args;
  }

  std::int64_t k_, n_;
  T* data_ = nullptr;
};

}  // namespace shoal::kernels
