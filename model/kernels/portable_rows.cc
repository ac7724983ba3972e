#include <algorithm>
#include <cmath>
#include <limits>

#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

template <class T>
struct LogSum {
  T largest, sum;  // log(sum exp(x)) = largest + log(sum)
  T value() const { return largest + std::log(sum); }
};

template <class T>
LogSum<T> log_sum(std::int64_t cols, const T* x) {
  const T largest = *std::max_element(x, x + cols);
  T sum = 0;
  for (std::int64_t c = 0; c < cols; ++c) sum += std::exp(x[c] - largest);
  return {largest, sum};
}

bool is_class(std::int64_t label, std::int64_t cols) { return label >= 0 && label < cols; }

}  // namespace

template <class T>
void relu_gradient(std::int64_t n, const T* y, const T* dy, T* dx) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = y[i] > T(0) ? dy[i] : T(0);
}

template <class T>
void column_sum(std::int64_t rows, std::int64_t cols, const T* x, T* out) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols) {
    for (std::int64_t c = 0; c < cols; ++c) out[c] += x[c];
  }
}

template <class T>
void bias_activation(std::int64_t rows, std::int64_t cols, const T* x, const T* bias, Activation activation, T* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    for (std::int64_t c = 0; c < cols; ++c) y[c] = activate(activation, bias ? x[c] + bias[c] : x[c]);
  }
}

template <class T>
void softmax(std::int64_t rows, std::int64_t cols, const T* x, T* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const T largest = *std::max_element(x, x + cols);
    T sum = 0;
    for (std::int64_t c = 0; c < cols; ++c) sum += y[c] = std::exp(x[c] - largest);
    for (std::int64_t c = 0; c < cols; ++c) y[c] /= sum;
  }
}

template <class T>
void softmax_gradient(std::int64_t rows, std::int64_t cols, const T* y, const T* dy, T* dx) {
  for (std::int64_t r = 0; r < rows; ++r, y += cols, dy += cols, dx += cols) {
    T sum = 0;
    for (std::int64_t c = 0; c < cols; ++c) sum += y[c] * dy[c];
    for (std::int64_t c = 0; c < cols; ++c) dx[c] = y[c] * (dy[c] - sum);
  }
}

template <class T>
void sparse_crossentropy(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label, T* loss) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols) {
    const LogSum<T> all = log_sum(cols, x);
    loss[r] = is_class(label[r], cols) ? all.value() - x[label[r]] : std::numeric_limits<T>::quiet_NaN();
  }
}

template <class T>
void sparse_crossentropy_gradient(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label,
                                  const T* dloss, T* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dx += cols) {
    if (!is_class(label[r], cols)) {
      std::fill_n(dx, cols, std::numeric_limits<T>::quiet_NaN());
      continue;
    }
    softmax(1, cols, x, dx);
    dx[label[r]] -= T(1);
    for (std::int64_t c = 0; c < cols; ++c) dx[c] *= dloss[r];
  }
}

template <class T>
void crossentropy(std::int64_t rows, std::int64_t cols, const T* x, const T* y, T* loss) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const T all = log_sum(cols, x).value();
    T sum = 0;
    for (std::int64_t c = 0; c < cols; ++c) sum += y[c] * (all - x[c]);
    loss[r] = sum;
  }
}

template <class T>
void crossentropy_gradient(std::int64_t rows, std::int64_t cols, const T* x, const T* y, const T* dloss, T* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols, dx += cols) {
    T total = 0;
    for (std::int64_t c = 0; c < cols; ++c) total += y[c];
    softmax(1, cols, x, dx);
    for (std::int64_t c = 0; c < cols; ++c) dx[c] = (dx[c] * total - y[c]) * dloss[r];
  }
}

#define SHOAL_ROWS(T)                                                                                                  \
  template void relu_gradient(std::int64_t, const T*, const T*, T*);                                                   \
  template void column_sum(std::int64_t, std::int64_t, const T*, T*);                                                  \
  template void bias_activation(std::int64_t, std::int64_t, const T*, const T*, Activation, T*);                       \
  template void softmax(std::int64_t, std::int64_t, const T*, T*);                                                     \
  template void softmax_gradient(std::int64_t, std::int64_t, const T*, const T*, T*);                                  \
  template void sparse_crossentropy(std::int64_t, std::int64_t, const T*, const std::int64_t*, T*);                    \
  template void sparse_crossentropy_gradient(std::int64_t, std::int64_t, const T*, const std::int64_t*, const T*, T*); \
  template void crossentropy(std::int64_t, std::int64_t, const T*, const T*, T*);                                      \
  template void crossentropy_gradient(std::int64_t, std::int64_t, const T*, const T*, const T*, T*)
SHOAL_ROWS(float);
SHOAL_ROWS(double);
#undef SHOAL_ROWS

}  // namespace shoal::kernels::portable
