#include <cmath>

#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

// xhat = (x - mean) * scale
template <class T>
struct Normal {
  T mean, scale;
  T operator()(T x) const { return (x - mean) * scale; }
};

template <class T>
Normal<T> normal_of(std::int64_t cols, T epsilon, const T* x) {
  T sum = 0, squares = 0;
  for (std::int64_t c = 0; c < cols; ++c) sum += x[c];
  const T mean = sum / static_cast<T>(cols);
  for (std::int64_t c = 0; c < cols; ++c) squares += (x[c] - mean) * (x[c] - mean);
  return {mean, T(1) / std::sqrt(squares / static_cast<T>(cols) + epsilon)};
}

}  // namespace

template <class T>
void layer_norm(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* beta, T* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const Normal<T> normal = normal_of(cols, epsilon, x);
    for (std::int64_t c = 0; c < cols; ++c) y[c] = normal(x[c]) * gamma[c] + beta[c];
  }
}

template <class T>
void layer_norm_gradient(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* dy,
                         T* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dy += cols, dx += cols) {
    const Normal<T> normal = normal_of(cols, epsilon, x);
    T sum = 0, dot = 0;
    for (std::int64_t c = 0; c < cols; ++c) {
      const T h = dy[c] * gamma[c];
      sum += h;
      dot += h * normal(x[c]);
    }
    const T mean = sum / static_cast<T>(cols), along = dot / static_cast<T>(cols);
    for (std::int64_t c = 0; c < cols; ++c) dx[c] = normal.scale * (dy[c] * gamma[c] - mean - normal(x[c]) * along);
  }
}

template <class T>
void layer_norm_scale_gradient(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* dy, T* dgamma) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, dy += cols) {
    const Normal<T> normal = normal_of(cols, epsilon, x);
    for (std::int64_t c = 0; c < cols; ++c) dgamma[c] += dy[c] * normal(x[c]);
  }
}

template <class T>
void column_moments(std::int64_t rows, std::int64_t cols, const T* x, const T* shift, T* sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols) {
    for (std::int64_t c = 0; c < cols; ++c) {
      const T value = x[c] - shift[c];
      sums[c] += value * value;
      sums[cols + c] += value;
    }
  }
}

#define SHOAL_NORMALIZATION(T)                                                                        \
  template void layer_norm(std::int64_t, std::int64_t, T, const T*, const T*, const T*, T*);          \
  template void layer_norm_gradient(std::int64_t, std::int64_t, T, const T*, const T*, const T*, T*); \
  template void layer_norm_scale_gradient(std::int64_t, std::int64_t, T, const T*, const T*, T*);     \
  template void column_moments(std::int64_t, std::int64_t, const T*, const T*, T*)
SHOAL_NORMALIZATION(float);
SHOAL_NORMALIZATION(double);
#undef SHOAL_NORMALIZATION

}  // namespace shoal::kernels::portable
