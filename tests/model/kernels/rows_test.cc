#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

constexpr std::int64_t kColumns[] = {1, 3, 8, 10, 16, 17, 31, 64, 1000};

// One array of results of every function on rows; x spans several units.
template <class T>
struct Work {
  std::int64_t rows, cols;
  Array<T> x, y, weights, dloss;
  std::vector<std::int64_t> label;
  Work(std::int64_t r, std::int64_t c)
      : rows(r),
        cols(c),
        x(Array<T>::random(r * c, 1)),
        y(Array<T>::random(r * c, 2)),
        weights(Array<T>::random(c, 3)),
        dloss(Array<T>::random(r, 4)) {
    for (std::int64_t i = 0; i < x.size(); ++i) x[i] *= T(6);
    for (std::int64_t i = 0; i < r; ++i) label.push_back((i * 7 + 1) % c);
  }
};

double activate(Activation activation, double x) {
  return activation == Activation::kRelu      ? std::max(x, 0.0)
         : activation == Activation::kSigmoid ? 1 / (1 + std::exp(-x))
         : activation == Activation::kTanh    ? std::tanh(x)
                                              : x;
}

// log(sum exp(x)) of one row, in long double without shifting.
double log_sum(std::int64_t cols, const double* x) {
  long double sum = 0;
  for (std::int64_t c = 0; c < cols; ++c) sum += std::exp(static_cast<long double>(x[c]));
  return static_cast<double>(std::log(sum));
}

template <class T>
void check(const Table<T>& table, double tolerance) {
  for (const std::int64_t cols : kColumns) {
    const std::int64_t rows = 5;
    SCOPED_TRACE(std::string(table.level) + " cols " + std::to_string(cols));
    Work<T> run(rows, cols);
    const Work<double> truth(rows, cols);
    Array<T> out(rows * cols, T(NAN)), loss(rows, T(NAN));
    Array<double> expected(rows * cols), expected_loss(rows), logs(rows);
    for (std::int64_t r = 0; r < rows; ++r) logs[r] = log_sum(cols, truth.x.data() + r * cols);

    table.relu_gradient(rows * cols, run.x.data(), run.y.data(), out.data());
    for (std::int64_t i = 0; i < rows * cols; ++i) expected[i] = truth.x[i] > 0 ? truth.y[i] : 0;
    EXPECT_EQ(error(out, expected), 0);

    Array<T> sums = run.weights;
    table.column_sum(rows, cols, run.x.data(), sums.data());
    Array<double> expected_sums = truth.weights;
    for (std::int64_t i = 0; i < rows * cols; ++i) expected_sums[i % cols] += truth.x[i];
    EXPECT_LE(error(sums, expected_sums), tolerance);

    for (const bool bias : {false, true}) {
      for (int a = 0; a < 4; ++a) {
        const auto activation = static_cast<Activation>(a);
        table.bias_activation(rows, cols, run.x.data(), bias ? run.weights.data() : nullptr, activation, out.data());
        for (std::int64_t i = 0; i < rows * cols; ++i) {
          expected[i] = activate(activation, truth.x[i] + (bias ? truth.weights[i % cols] : 0));
        }
        EXPECT_LE(error(out, expected), tolerance) << "activation " << a;
      }
    }

    table.softmax(rows, cols, run.x.data(), out.data());
    for (std::int64_t i = 0; i < rows * cols; ++i) {
      expected[i] = std::exp(truth.x[i] - logs[i / cols]);
    }
    EXPECT_LE(error(out, expected), tolerance);
    const Array<double> probability = expected;

    table.sparse_crossentropy(rows, cols, run.x.data(), run.label.data(), loss.data());
    table.sparse_crossentropy_gradient(rows, cols, run.x.data(), run.label.data(), run.dloss.data(), out.data());
    for (std::int64_t r = 0; r < rows; ++r) {
      expected_loss[r] = logs[r] - truth.x[r * cols + truth.label[r]];
      for (std::int64_t c = 0; c < cols; ++c) {
        expected[r * cols + c] = (probability[r * cols + c] - (c == truth.label[r])) * truth.dloss[r];
      }
    }
    EXPECT_LE(error(loss, expected_loss), tolerance);
    EXPECT_LE(error(out, expected), tolerance);

    table.crossentropy(rows, cols, run.x.data(), run.y.data(), loss.data());
    table.crossentropy_gradient(rows, cols, run.x.data(), run.y.data(), run.dloss.data(), out.data());
    for (std::int64_t r = 0; r < rows; ++r) {
      double sum = 0, total = 0;
      for (std::int64_t c = 0; c < cols; ++c) {
        const std::int64_t i = r * cols + c;
        sum += truth.y[i] * (logs[r] - truth.x[i]);
        total += truth.y[i];
      }
      expected_loss[r] = sum;
      for (std::int64_t c = 0; c < cols; ++c) {
        const std::int64_t i = r * cols + c;
        expected[i] = (probability[i] * total - truth.y[i]) * truth.dloss[r];
      }
    }
    EXPECT_LE(error(loss, expected_loss), 4 * tolerance);
    EXPECT_LE(error(out, expected), 4 * tolerance);
  }
}

TEST(Rows, Float64EqualsFormulas) { check(table<double>(), 1e-14); }

TEST(Rows, EveryLevelEqualsFormulas) {
  for (const auto* level : levels()) check(*level, 3e-6);
}

TEST(Rows, LargeValuesNeitherOverflowNorVanish) {
  for (const auto* level : levels()) {
    SCOPED_TRACE(level->level);
    const float x[] = {1000, 1000, -1000, 999};
    float y[4], loss[1];
    const std::int64_t label = 2;
    level->softmax(1, 4, x, y);
    EXPECT_NEAR(y[0], 1 / (2 + std::exp(-1.0)), 1e-6);
    EXPECT_EQ(y[2], 0);
    level->sparse_crossentropy(1, 4, x, &label, loss);
    EXPECT_NEAR(loss[0], 2000 + std::log(2 + std::exp(-1.0)), 1e-3);
    const float extreme[] = {-200, 200, -1e30f, 1e30f};
    level->bias_activation(1, 4, extreme, nullptr, Activation::kSigmoid, y);
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(y[i], i % 2, 1e-30);
    level->bias_activation(1, 4, extreme, nullptr, Activation::kTanh, y);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(y[i], i % 2 ? 1 : -1);
  }
}

TEST(Rows, WrongLabelGivesNanForItsRowOnly) {
  for (const auto* level : levels()) {
    for (const std::int64_t wrong : {std::int64_t{-1}, std::int64_t{3}, std::int64_t{1} << 40}) {
      const float x[] = {1, 2, 3, 1, 2, 3}, dloss[] = {1, 1};
      const std::int64_t label[] = {wrong, 1};
      float loss[2], dx[6];
      level->sparse_crossentropy(2, 3, x, label, loss);
      level->sparse_crossentropy_gradient(2, 3, x, label, dloss, dx);
      EXPECT_TRUE(std::isnan(loss[0]) && std::isnan(dx[0]) && std::isnan(dx[2])) << level->level;
      EXPECT_FALSE(std::isnan(loss[1]) || std::isnan(dx[3]) || std::isnan(dx[5])) << level->level;
    }
  }
}

TEST(Rows, NanIsNotHidden) {
  for (const auto* level : levels()) {
    SCOPED_TRACE(level->level);
    for (const int place : {0, 3, 19}) {
      std::vector<float> x(20, 0.5f), y(20);
      x[static_cast<std::size_t>(place)] = NAN;
      for (int a = 0; a < 4; ++a) {
        level->bias_activation(1, 20, x.data(), nullptr, static_cast<Activation>(a), y.data());
        for (int i = 0; i < 20; ++i)
          EXPECT_EQ(std::isnan(y[static_cast<std::size_t>(i)]), i == place) << "activation " << a;
      }
      level->softmax(1, 20, x.data(), y.data());
      for (const float value : y) EXPECT_TRUE(std::isnan(value));
      float loss = 0;
      const std::int64_t label = 1;
      level->sparse_crossentropy(1, 20, x.data(), &label, &loss);
      EXPECT_TRUE(std::isnan(loss));
    }
  }
}

TEST(Rows, SharedInputAndOutput) {
  for (const auto* level : levels()) {
    Work<float> apart(3, 37), in_place(3, 37);
    Array<float> out(3 * 37);
    level->bias_activation(3, 37, apart.x.data(), apart.weights.data(), Activation::kRelu, out.data());
    level->bias_activation(3, 37, in_place.x.data(), in_place.weights.data(), Activation::kRelu, in_place.x.data());
    EXPECT_EQ(error(in_place.x, out), 0) << level->level;
  }
}

}  // namespace
}  // namespace shoal::kernels::test
