#include <fmt/format.h>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

struct Case {
  std::int64_t m, n, k;
  bool transpose_a = false, transpose_b = false, accumulate = false, bias = false;
  Activation activation = Activation::kLinear;
  std::int64_t gap = 0;  // unused elements between rows
  int zeros = 0;         // of a, in 100

  std::string text() const {
    return fmt::format("m={} n={} k={} ta={} tb={} acc={} bias={} act={} gap={} zeros={}", m, n, k, transpose_a,
                       transpose_b, accumulate, bias, static_cast<int>(activation), gap, zeros);
  }
};

double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kLinear:
      break;
  }
  return x;
}

std::vector<Case> cases() {
  std::vector<Case> out;
  const std::int64_t rows[] = {1, 5, 6, 7, 8, 13, 15, 29, 32}, columns[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 70, 205},
                     depths[] = {1, 27, 64, 257};
  unsigned turn = 0;
  for (const auto m : rows) {
    for (const auto n : columns) {
      for (const auto k : depths) {
        ++turn;  // walks through the combinations of the rest
        out.push_back({.m = m,
                       .n = n,
                       .k = k,
                       .transpose_a = (turn & 1) != 0,
                       .transpose_b = (turn & 2) != 0,
                       .accumulate = turn % 5 == 0,
                       .bias = turn % 3 == 0,
                       .activation = static_cast<Activation>(turn / 3 % 4),
                       .gap = turn % 7,
                       .zeros = turn % 4 < 2 ? 80 : 0});
      }
    }
  }
  return out;
}

template <class T>
struct Work {
  Array<T> a, b, c, bias;
  explicit Work(const Case& t)
      : a(Array<T>::random((t.transpose_a ? t.k : t.m) * ((t.transpose_a ? t.m : t.k) + t.gap), 1)),
        b(Array<T>::random((t.transpose_b ? t.n : t.k) * ((t.transpose_b ? t.k : t.n) + t.gap), 2)),
        c(Array<T>::random(t.m * (t.n + t.gap), 3)),
        bias(Array<T>::random(t.n, 4)) {
    std::uint32_t random = 1;
    for (std::int64_t i = 0; i < (t.transpose_a ? t.k : t.m) * ((t.transpose_a ? t.m : t.k) + t.gap); ++i) {
      random = random * 1664525 + 1013904223;
      if (static_cast<int>(random / 65536 % 100) < t.zeros) a[i] = 0;
    }
  }

  MatmulArgs<T> args(const Case& t) {
    return {.m = t.m,
            .n = t.n,
            .k = t.k,
            .a = a.data(),
            .lda = (t.transpose_a ? t.m : t.k) + t.gap,
            .transpose_a = t.transpose_a,
            .b = b.data(),
            .ldb = (t.transpose_b ? t.k : t.n) + t.gap,
            .transpose_b = t.transpose_b,
            .c = c.data(),
            .ldc = t.n + t.gap,
            .accumulate = t.accumulate,
            .bias = t.bias && !t.accumulate ? bias.data() : nullptr,
            .activation = t.accumulate ? Activation::kLinear : t.activation};
  }

  void operator()(const Table<T>& table, const Case& t) {
    MatmulArgs<T> args = this->args(t);
    Scratch scratch(table.matmul_scratch(args));
    args.scratch = scratch.data();
    table.matmul(args);
  }
};

Array<double> naive(const Case& t) {
  Work<double> run(t);
  const auto args = run.args(t);
  for (std::int64_t i = 0; i < t.m; ++i) {
    for (std::int64_t j = 0; j < t.n; ++j) {
      double& c = run.c[i * args.ldc + j];
      double sum = t.accumulate ? c : 0;
      for (std::int64_t k = 0; k < t.k; ++k) {
        sum += (t.transpose_a ? args.a[k * args.lda + i] : args.a[i * args.lda + k]) *
               (t.transpose_b ? args.b[j * args.ldb + k] : args.b[k * args.ldb + j]);
      }
      c = activate(args.activation, args.bias ? sum + args.bias[j] : sum);
    }
  }
  return run.c;
}

TEST(Matmul, Float64EqualsNaiveLoops) {
  for (const Case& t : cases()) {
    Work<double> run(t);
    run(table<double>(), t);
    ASSERT_LE(error(run.c, naive(t)), 1e-14) << t.text();
  }
}

TEST(Matmul, EveryLevelAgreesWithFloat64) {
  for (const Case& t : cases()) {
    Work<double> truth(t);
    truth(table<double>(), t);
    for (const auto* level : levels()) {
      Work<float> run(t);
      run(*level, t);
      ASSERT_LE(error(run.c, truth.c), 2e-6) << level->level << " " << t.text();
    }
  }
}

TEST(Matmul, NothingToAddGivesActivatedBias) {
  const Case t{.m = 3, .n = 37, .k = 0, .bias = true, .activation = Activation::kRelu};
  for (const auto* level : levels()) {
    Work<float> run(t);
    run(*level, t);
    for (std::int64_t i = 0; i < t.m * t.n; ++i) ASSERT_EQ(run.c[i], std::max(run.bias[i % t.n], 0.0f)) << level->level;
  }
}

// An element is one chain in the order of k: cutting rows, columns or depth changes no bit.
TEST(Matmul, CutsChangeNoBit) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      // Zeros are skipped in the whole, not in parts of few columns.
      const Case t{.m = 43, .n = 75, .k = 530, .transpose_a = transpose_a, .transpose_b = transpose_b, .zeros = 70};
      for (const auto* level : levels()) {
        Work<float> whole(t), cut(t);
        whole(*level, t);
        const auto args = cut.args(t);
        const std::int64_t row_cuts[] = {0, 4, 5, 21, t.m}, column_cuts[] = {0, 32, 43, t.n},
                           depth_cuts[] = {0, 9, 300, t.k};
        for (int r = 0; r < 4; ++r) {
          for (int c = 0; c < 3; ++c) {
            for (int d = 0; d < 3; ++d) {
              MatmulArgs<float> piece = args;
              piece.m = row_cuts[r + 1] - row_cuts[r];
              piece.n = column_cuts[c + 1] - column_cuts[c];
              piece.k = depth_cuts[d + 1] - depth_cuts[d];
              piece.a += row_cuts[r] * (transpose_a ? 1 : args.lda) + depth_cuts[d] * (transpose_a ? args.lda : 1);
              piece.b += column_cuts[c] * (transpose_b ? args.ldb : 1) + depth_cuts[d] * (transpose_b ? 1 : args.ldb);
              piece.c += row_cuts[r] * args.ldc + column_cuts[c];
              piece.accumulate = d > 0;
              Scratch scratch(level->matmul_scratch(piece));
              piece.scratch = scratch.data();
              level->matmul(piece);
            }
          }
        }
        for (std::int64_t i = 0; i < t.m * t.n; ++i)
          ASSERT_EQ(whole.c[i], cut.c[i]) << level->level << " element " << i;
      }
    }
  }
}

TEST(Matmul, NanIsNotHiddenByRelu) {
  const Case t{.m = 2, .n = 20, .k = 5, .activation = Activation::kRelu};
  for (const auto* level : levels()) {
    Work<float> run(t);
    run.a[7] = NAN;  // second row
    run(*level, t);
    EXPECT_FALSE(std::isnan(run.c[3])) << level->level;
    EXPECT_TRUE(std::isnan(run.c[23])) << level->level;
  }
}

}  // namespace
}  // namespace shoal::kernels::test
