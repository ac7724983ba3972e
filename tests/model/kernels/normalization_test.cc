#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

constexpr std::int64_t kColumns[] = {1, 3, 8, 15, 16, 17, 31, 32, 64, 100};

struct Normal {
  double mean = 0, scale = 0;
};

Normal normal_of(std::int64_t cols, const double* x, double epsilon) {
  Normal normal;
  for (std::int64_t c = 0; c < cols; ++c) normal.mean += x[c] / static_cast<double>(cols);
  double variance = 0;
  for (std::int64_t c = 0; c < cols; ++c)
    variance += (x[c] - normal.mean) * (x[c] - normal.mean) / static_cast<double>(cols);
  normal.scale = 1 / std::sqrt(variance + epsilon);
  return normal;
}

// The formulas in double, element by element.
template <class T>
void check_layer_norm(const Table<T>& table, std::int64_t rows, std::int64_t cols, double tolerance) {
  const auto x = Array<double>::random(rows * cols, 1), dy = Array<double>::random(rows * cols, 2);
  const auto gamma = Array<double>::random(cols, 3), beta = Array<double>::random(cols, 4);
  const Array<T> x_t(x), dy_t(dy), gamma_t(gamma), beta_t(beta);
  const double epsilon = 0.015625;
  Array<double> y(rows * cols), dx(rows * cols), dgamma = beta;
  for (std::int64_t r = 0; r < rows; ++r) {
    const double *from = x.data() + r * cols, *down = dy.data() + r * cols;
    const Normal normal = normal_of(cols, from, epsilon);
    double sum = 0, dot = 0;
    for (std::int64_t c = 0; c < cols; ++c) {
      const double xhat = (from[c] - normal.mean) * normal.scale, h = down[c] * gamma[c];
      y[r * cols + c] = xhat * gamma[c] + beta[c];
      dgamma[c] += down[c] * xhat;
      sum += h / static_cast<double>(cols);
      dot += h * xhat / static_cast<double>(cols);
    }
    for (std::int64_t c = 0; c < cols; ++c)
      dx[r * cols + c] = normal.scale * (down[c] * gamma[c] - sum - (from[c] - normal.mean) * normal.scale * dot);
  }
  Array<T> out(rows * cols, T(NAN)), sums = beta_t;
  const T eps = static_cast<T>(epsilon);
  table.layer_norm(rows, cols, eps, x_t.data(), gamma_t.data(), beta_t.data(), out.data());
  EXPECT_LE(error(out, y), tolerance);
  table.layer_norm_gradient(rows, cols, eps, x_t.data(), gamma_t.data(), dy_t.data(), out.data());
  // With one column dx is zero and rounding decides.
  if (cols > 1) {
    EXPECT_LE(error(out, dx), tolerance);
  }
  table.layer_norm_scale_gradient(rows, cols, eps, x_t.data(), dy_t.data(), sums.data());
  EXPECT_LE(error(sums, dgamma), tolerance);
}

template <class T>
void check_columns(const Table<T>& table, std::int64_t rows, std::int64_t cols, double tolerance) {
  const auto x = Array<double>::random(rows * cols, 1), y = Array<double>::random(rows * cols, 2);
  const auto pair = Array<double>::random(2 * cols, 3);
  const Array<T> x_t(x), y_t(y), pair_t(pair);
  Array<double> shifted(rows * cols), dots = pair, moments = pair, down(rows * cols);
  for (std::int64_t i = 0; i < rows * cols; ++i) {
    const std::int64_t c = i % cols;
    shifted[i] = x[i] * pair[c] + pair[cols + c];
    dots[c] += x[i] * y[i];
    dots[cols + c] += x[i];
    moments[c] += (x[i] - pair[c]) * (x[i] - pair[c]);
    moments[cols + c] += x[i] - pair[c];
  }
  Array<T> out(rows * cols, T(NAN)), sums = pair_t;
  table.scale_shift({.rows = rows, .cols = cols, .x = x_t.data(), .a = pair_t.data(), .out = out.data()});
  EXPECT_LE(error(out, shifted), tolerance);
  table.column_dots({.rows = rows, .cols = cols, .x = x_t.data(), .y = y_t.data(), .sums = sums.data()});
  EXPECT_LE(error(sums, dots), tolerance);
  sums = pair_t;
  table.column_moments(rows, cols, x_t.data(), pair_t.data(), sums.data());
  EXPECT_LE(error(sums, moments), tolerance);

  // y of a softmax, dy anything.
  for (std::int64_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (std::int64_t c = 0; c < cols; ++c) sum += x[r * cols + c] * y[r * cols + c];
    for (std::int64_t c = 0; c < cols; ++c) down[r * cols + c] = x[r * cols + c] * (y[r * cols + c] - sum);
  }
  table.softmax_gradient(rows, cols, x_t.data(), y_t.data(), out.data());
  EXPECT_LE(error(out, down), tolerance);
}

// What is fused around a batch normalization.
template <class T>
void check_scale_shift(const Table<T>& table, std::int64_t rows, std::int64_t cols, double tolerance) {
  const auto x = Array<double>::random(rows * cols, 1), y = Array<double>::random(rows * cols, 2);
  const auto addend = Array<double>::random(rows * cols, 5);
  const auto a = Array<double>::random(2 * cols, 3), b = Array<double>::random(2 * cols, 4);
  const Array<T> x_t(x), y_t(y), addend_t(addend), a_t(a), b_t(b);
  Array<T> out(rows * cols, T(NAN));
  for (const bool relu : {false, true}) {
    Array<double> expected(rows * cols);
    for (std::int64_t i = 0; i < rows * cols; ++i) {
      const double value = x[i] * a[i % cols] + a[cols + i % cols] + addend[i];
      expected[i] = relu ? std::max(value, 0.0) : value;
    }
    table.scale_shift({.rows = rows,
                       .cols = cols,
                       .x = x_t.data(),
                       .a = a_t.data(),
                       .addend = addend_t.data(),
                       .relu = relu,
                       .out = out.data()});
    EXPECT_LE(error(out, expected), tolerance);
  }
  const Passed<T> gates[] = {{}, {addend_t.data(), nullptr}, {nullptr, a_t.data()}};
  for (int kind = 0; kind < 3; ++kind) {
    Array<double> expected(rows * cols), dots = b;
    for (std::int64_t i = 0; i < rows * cols; ++i) {
      const std::int64_t c = i % cols;
      const bool passes = kind == 0 || (kind == 1 ? addend[i] > 0 : y[i] * a[c] + a[cols + c] > 0);
      const double value = passes ? x[i] : 0;
      expected[i] = value * a[c] + a[cols + c] + y[i] * b[c] + b[cols + c];
      dots[c] += value * y[i];
      dots[cols + c] += value;
    }
    table.scale_shift({.rows = rows,
                       .cols = cols,
                       .x = x_t.data(),
                       .a = a_t.data(),
                       .y = y_t.data(),
                       .b = b_t.data(),
                       .passed = gates[kind],
                       .out = out.data()});
    EXPECT_LE(error(out, expected), tolerance);
    Array<T> sums = b_t;
    table.column_dots(
        {.rows = rows, .cols = cols, .x = x_t.data(), .y = y_t.data(), .passed = gates[kind], .sums = sums.data()});
    EXPECT_LE(error(sums, dots), tolerance);
  }
  Array<double> masked(rows * cols);
  for (std::int64_t i = 0; i < rows * cols; ++i) masked[i] = addend[i] > 0 ? x[i] + y[i] : 0;
  table.relu_gradient_of_sum(rows * cols, addend_t.data(), x_t.data(), y_t.data(), out.data());
  EXPECT_LE(error(out, masked), tolerance);
}

template <class T>
void check(const Table<T>& table, double tolerance) {
  for (const std::int64_t cols : kColumns) {
    for (const std::int64_t rows : {1, 4, 7}) {
      SCOPED_TRACE(std::string(table.level) + " rows " + std::to_string(rows) + " cols " + std::to_string(cols));
      check_layer_norm(table, rows, cols, tolerance);
      check_columns(table, rows, cols, tolerance);
      check_scale_shift(table, rows, cols, tolerance);
    }
  }
}

TEST(Normalization, Float64EqualsFormulas) { check(table<double>(), 1e-13); }

TEST(Normalization, EveryLevelEqualsFormulas) {
  for (const auto* level : levels()) check(*level, 5e-6);
}

}  // namespace
}  // namespace shoal::kernels::test
