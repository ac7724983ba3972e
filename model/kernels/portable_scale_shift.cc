#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

template <class T>
bool passes(const Passed<T>& passed, const T* y, std::int64_t cols, std::int64_t i, std::int64_t c) {
  if (passed.values) return passed.values[i] > 0;
  return !passed.pair || y[i] * passed.pair[c] + passed.pair[cols + c] > 0;
}

}  // namespace

template <class T>
void scale_shift(const ScaleShiftArgs<T>& args) {
  const std::int64_t cols = args.cols;
  for (std::int64_t r = 0, i = 0; r < args.rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c, ++i) {
      T value = args.a[cols + c];
      if (!args.y || passes(args.passed, args.y, cols, i, c)) value += args.x[i] * args.a[c];
      if (args.y) value += args.y[i] * args.b[c] + args.b[cols + c];
      if (args.addend) value += args.addend[i];
      args.out[i] = args.relu && value < 0 ? T(0) : value;
    }
  }
}

template <class T>
void column_dots(const ColumnDotsArgs<T>& args) {
  const std::int64_t cols = args.cols;
  for (std::int64_t r = 0, i = 0; r < args.rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c, ++i) {
      if (!passes(args.passed, args.y, cols, i, c)) continue;
      args.sums[c] += args.x[i] * args.y[i];
      args.sums[cols + c] += args.x[i];
    }
  }
}

template <class T>
void relu_gradient_of_sum(std::int64_t n, const T* y, const T* first, const T* second, T* dx) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = y[i] > 0 ? first[i] + second[i] : T(0);
}

template void scale_shift(const ScaleShiftArgs<float>&);
template void scale_shift(const ScaleShiftArgs<double>&);
template void column_dots(const ColumnDotsArgs<float>&);
template void column_dots(const ColumnDotsArgs<double>&);
template void relu_gradient_of_sum(std::int64_t, const float*, const float*, const float*, float*);
template void relu_gradient_of_sum(std::int64_t, const double*, const double*, const double*, double*);

}  // namespace shoal::kernels::portable
