// What operations compute, node by node, against closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "common/base/error.h"
#include "model/graph/trace.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"

namespace shoal {
namespace {

class Values : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

using Doubles = std::vector<double>;
Tensor doubles(const Doubles& values, const Shape& shape) { return Tensor(values, shape); }
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_F(Values, Broadcasting) {
  const Tensor row = doubles({1, 2, 3}, {3}), column = doubles({10, 20}, {2, 1});
  EXPECT_EQ((row + column).to_vector<double>(), (Doubles{11, 12, 13, 21, 22, 23}));
  EXPECT_EQ((column - row).to_vector<double>(), (Doubles{9, 8, 7, 19, 18, 17}));
  EXPECT_EQ(ops::broadcast_to(column, {2, 2, 3}).to_vector<double>(),
            (Doubles{10, 10, 10, 20, 20, 20, 10, 10, 10, 20, 20, 20}));
  const Tensor middle = doubles({1, 2, 3, 4}, {2, 1, 2}) * doubles({1, 10, 100}, {3, 1});
  EXPECT_EQ(middle.shape(), (Shape{2, 3, 2}));
  EXPECT_EQ(middle.to_vector<double>(), (Doubles{1, 2, 10, 20, 100, 200, 3, 4, 30, 40, 300, 400}));
}

TEST_F(Values, Elementwise) {
  const Tensor x = doubles({-2, -0.5, 0, 3}, {4});
  EXPECT_EQ(ops::abs(x).to_vector<double>(), (Doubles{2, 0.5, 0, 3}));
  EXPECT_EQ(ops::sign(x).to_vector<double>(), (Doubles{-1, -1, 0, 1}));
  EXPECT_EQ(ops::relu(x).to_vector<double>(), (Doubles{0, 0, 0, 3}));
  EXPECT_EQ(ops::clip(x, -1, 1).to_vector<double>(), (Doubles{-1, -0.5, 0, 1}));
  EXPECT_EQ(ops::where(ops::less(x, 0.0), x, 7.0).to_vector<double>(), (Doubles{-2, -0.5, 7, 7}));
  EXPECT_EQ(ops::greater_equal(x, 0.0).to_vector<double>(), (Doubles{0, 0, 1, 1}));
  EXPECT_EQ(ops::cast(x, DType::kInt32).to_vector<double>(), (Doubles{-2, 0, 0, 3}));
  for (std::size_t i = 0; i < 4; ++i) {
    const double v = x.data<double>()[i];
    EXPECT_DOUBLE_EQ(ops::sigmoid(x).data<double>()[i], 1 / (1 + std::exp(-v)));
    EXPECT_DOUBLE_EQ(ops::softplus(x).data<double>()[i], std::log1p(std::exp(v)));
  }
  const Tensor extreme = doubles({-1000, 1000}, {2});
  EXPECT_EQ(ops::softplus(extreme).to_vector<double>(), (Doubles{0, 1000}));
  EXPECT_TRUE(std::isnan(ops::maximum(doubles({kNan}, {1}), 1.0).item()));
  EXPECT_TRUE(std::isnan(ops::maximum(1.0, doubles({kNan}, {1})).item()));
  const Tensor integers(std::vector<std::int32_t>{7, -7, 5}, {3});
  const Tensor divisors(std::vector<std::int32_t>{2, 2, 0}, {3});
  EXPECT_EQ((integers / divisors).to_vector<int>(), (std::vector<int>{3, -3, 0}));
}

TEST_F(Values, Reductions) {
  Doubles values(24);
  std::iota(values.begin(), values.end(), 0);
  const Tensor x = doubles(values, {2, 3, 4});
  EXPECT_EQ(ops::sum(x).item(), 276);
  EXPECT_EQ(ops::sum(x, {0, 2}).to_vector<double>(), (Doubles{60, 92, 124}));
  EXPECT_EQ(ops::sum(x, {1}).to_vector<double>(), (Doubles{12, 15, 18, 21, 48, 51, 54, 57}));
  EXPECT_EQ(ops::sum(x, {0, 1}).to_vector<double>(), (Doubles{60, 66, 72, 78}));
  EXPECT_EQ(ops::mean(x, {-1}).to_vector<double>(), (Doubles{1.5, 5.5, 9.5, 13.5, 17.5, 21.5}));
  EXPECT_EQ(ops::max(x, {0, 2}, true).shape(), (Shape{1, 3, 1}));
  EXPECT_EQ(ops::max(x, {0, 2}).to_vector<double>(), (Doubles{15, 19, 23}));
  EXPECT_EQ(ops::argmax(doubles({1, 3, 3, kNan, 2, kNan}, {2, 3})).to_vector<int>(), (std::vector<int>{1, 0}));
  EXPECT_EQ(ops::argmax(x, 1).to_vector<int>(), std::vector<int>(8, 2));
  EXPECT_EQ(ops::sum(Tensor(std::vector<std::int32_t>{1, 2}, {2})).to_vector<int>(), (std::vector<int>{3}));
}

TEST_F(Values, Shapes) {
  const Tensor x = doubles({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(ops::transpose(x).to_vector<double>(), (Doubles{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(ops::reshape(x, {3, -1}).shape(), (Shape{3, 2}));
  EXPECT_EQ(ops::pad(x, {{1, 0}, {-1, 1}}).to_vector<double>(), (Doubles{0, 0, 0, 2, 3, 0, 5, 6, 0}));
  EXPECT_EQ(ops::pad(Tensor(std::vector<std::int32_t>{7}, {1}), {{1, 1}}).to_vector<int>(),
            (std::vector<int>{0, 7, 0}));
  EXPECT_EQ(ops::repeat(x, 2, 0).to_vector<double>(), (Doubles{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(ops::repeat(x, 2, 1).to_vector<double>(), (Doubles{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
  EXPECT_EQ(ops::one_hot(Tensor(std::vector<std::int64_t>{2, 0, 5}, {3}), 3).to_vector<double>(),
            (Doubles{0, 0, 1, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(ops::zeros_like(x).to_vector<double>(), Doubles(6, 0));
  EXPECT_EQ(ops::ones_like(x).to_vector<double>(), Doubles(6, 1));
}

TEST_F(Values, Parts) {
  const Tensor x = doubles({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(ops::concatenate({x, doubles({7, 8}, {2, 1}), x}).to_vector<double>(),
            (Doubles{1, 2, 3, 7, 1, 2, 3, 4, 5, 6, 8, 4, 5, 6}));
  EXPECT_EQ(ops::concatenate({x, x, x, x, x, x}, 0).shape(), (Shape{12, 3}));
  EXPECT_EQ(ops::stack({x, x}, 1).to_vector<double>(), (Doubles{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(ops::slice(x, {0, 1}, {2, 2}).to_vector<double>(), (Doubles{2, 3, 5, 6}));
  EXPECT_EQ(ops::slice_axis(x, 1, -3, 3, 2).to_vector<double>(), (Doubles{1, 3, 4, 6}));
  EXPECT_EQ(ops::slice_axis(x, 1, 2, 1).shape(), (Shape{2, 0}));
  EXPECT_EQ(ops::flip(x, 1).to_vector<double>(), (Doubles{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(ops::split(x, 3, 1).at(2).to_vector<double>(), (Doubles{3, 6}));
  EXPECT_EQ(ops::pad(x, {{{1, 0}, {0, 1}}}).to_vector<double>(), (Doubles{0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0}));
  EXPECT_EQ(ops::repeat(x, 2, 1).to_vector<double>(), (Doubles{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
  EXPECT_EQ(ops::tile(x, {1, 2}).to_vector<double>(), (Doubles{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(ops::arange(3).to_vector<int>(), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(ops::row_count(x, DType::kFloat64).item(), 2);
  EXPECT_THROW(ops::slice(x, {0, 2}, {2, 2}), ValueError);
  EXPECT_THROW(ops::concatenate({x, x}, 2), ValueError);
  EXPECT_THROW(ops::concatenate({x, doubles({1, 2}, {1, 2})}, 1), ValueError);
}

TEST_F(Values, Logic) {
  const Tensor x = doubles({1, 2, 3}, {3});
  const Tensor low = ops::less(x, 2.5), high = ops::greater(x, 1.5);
  EXPECT_EQ(ops::logical_and(low, high).to_vector<double>(), (Doubles{0, 1, 0}));
  EXPECT_EQ(ops::logical_or(ops::logical_not(low), ops::logical_not(high)).to_vector<double>(), (Doubles{1, 0, 1}));
  EXPECT_EQ(ops::any(ops::stack({low, high}), {0}).to_vector<double>(), (Doubles{1, 1, 1}));
  EXPECT_EQ(ops::all(ops::stack({low, high}), {0}).to_vector<double>(), (Doubles{0, 1, 0}));
  EXPECT_EQ(ops::concatenate({low, high}).dtype(), DType::kBool);
  EXPECT_THROW(ops::logical_and(x, low), ValueError);
}

TEST_F(Values, BatchedProducts) {
  const Tensor a = doubles({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2}), b = doubles({1, 0, 1, 1}, {2, 2});
  const Doubles expected{3, 2, 7, 4, 11, 6, 15, 8};
  EXPECT_EQ(ops::matmul(a, ops::stack({b, b})).to_vector<double>(), expected);
  EXPECT_EQ(ops::matmul(a, ops::expand_dims(b, 0)).to_vector<double>(), expected);
  EXPECT_EQ(ops::matmul(ops::transpose(a, {0, 2, 1}), ops::stack({b, b}), true).to_vector<double>(), expected);
  EXPECT_EQ(ops::matmul(ops::transpose(a, {0, 2, 1}), b, true).to_vector<double>(), expected);
  EXPECT_EQ(ops::matmul(a, doubles({1, 1}, {2})).to_vector<double>(), (Doubles{3, 7, 11, 15}));
  EXPECT_THROW(ops::matmul(a, doubles(Doubles(6), {2, 3, 1})), ValueError);
}

TEST_F(Values, Products) {
  const Tensor a = doubles({1, 2, 3, 4, 5, 6}, {2, 3}), b = doubles({1, 0, 2, 1, 0, 3}, {3, 2});
  EXPECT_EQ(ops::matmul(a, b).to_vector<double>(), (Doubles{5, 11, 14, 23}));
  EXPECT_EQ(ops::matmul(a, ops::transpose(b), false, true).to_vector<double>(), (Doubles{5, 11, 14, 23}));
  EXPECT_EQ(ops::matmul(ops::transpose(a), b, true).to_vector<double>(), (Doubles{5, 11, 14, 23}));
  // A kernel of ones sums its window.
  Doubles pixels(16);
  std::iota(pixels.begin(), pixels.end(), 0);
  const Tensor image = doubles(pixels, {1, 4, 4, 1}), ones = doubles(Doubles(9, 1), {3, 3, 1, 1});
  EXPECT_EQ(ops::conv(image, ones).to_vector<double>(), (Doubles{45, 54, 81, 90}));
  EXPECT_EQ(ops::conv(image, ones, {2, 2}, "same").to_vector<double>(), (Doubles{45, 39, 66, 50}));
  EXPECT_EQ(ops::max_pool(image, {2, 2}, {2, 2}).to_vector<double>(), (Doubles{5, 7, 13, 15}));
  EXPECT_EQ(ops::average_pool(image, {3, 3}, {2, 2}, "same").to_vector<double>(), (Doubles{5, 6.5, 11, 12.5}));
  const Tensor line = doubles({1, 2, 3, 4}, {1, 4, 1}), three = doubles({1, 1, 1}, {3, 1, 1});
  EXPECT_EQ(ops::conv(line, three, {}, "causal").to_vector<double>(), (Doubles{1, 3, 6, 9}));
  EXPECT_EQ(ops::conv(line, three, {}, "causal", {2}).to_vector<double>(), (Doubles{1, 2, 4, 6}));
  EXPECT_EQ(ops::conv_transpose(line, three, {2}).to_vector<double>(), (Doubles{1, 1, 3, 2, 5, 3, 7, 4, 4}));
  EXPECT_EQ(ops::conv_transpose(line, three, {2}, "same").to_vector<double>(), (Doubles{1, 1, 3, 2, 5, 3, 7, 4}));
}

TEST_F(Values, Crossentropies) {
  const Tensor logits = doubles({1, 2, 3, 1000, 0, -1000}, {2, 3});
  const Tensor labels(std::vector<std::int32_t>{2, 1}, {2, 1});
  const Doubles fused = ops::sparse_categorical_crossentropy(labels, logits, true).to_vector<double>();
  EXPECT_NEAR(fused[0], std::log(std::exp(-2) + std::exp(-1) + 1), 1e-15);
  EXPECT_EQ(fused[1], 1000);
  // Through softmax the same, although the probability rounds to zero.
  EXPECT_EQ(ops::sparse_categorical_crossentropy(labels, ops::softmax(logits)).to_vector<double>(), fused);
  // From probabilities as Keras: divided by their sum and clipped.
  const Tensor p = doubles({1, 1, 2, 0, 0, 5}, {2, 3});
  const Doubles plain = ops::sparse_categorical_crossentropy(labels, p).to_vector<double>();
  EXPECT_NEAR(plain[0], std::log(2), 1e-15);
  EXPECT_NEAR(plain[1], -std::log(1e-7), 1e-12);
  const Tensor target = ops::one_hot(ops::squeeze(labels, 1), 3, DType::kFloat64);
  EXPECT_EQ(ops::categorical_crossentropy(target, p).to_vector<double>(), plain);
  EXPECT_NEAR(ops::categorical_crossentropy(target, logits, true).to_vector<double>()[0], fused[0], 1e-15);
}

TEST_F(Values, DropoutKeepsTheMean) {
  const Tensor x(Doubles(40000, 1.0), {100, 400});
  const Doubles y = ops::dropout(x, 0.25, 5).to_vector<double>();
  double sum = 0;
  for (double v : y) {
    EXPECT_TRUE(v == 0 || v == 1 / 0.75);
    sum += v;
  }
  EXPECT_NEAR(sum / 40000, 1, 0.02);
  EXPECT_EQ(ops::dropout(x, 0.25, 5).to_vector<double>(), y);
  EXPECT_NE(ops::dropout(x, 0.25, 6).to_vector<double>(), y);
  {
    const graph::EagerStep later(1, 0);
    EXPECT_NE(ops::dropout(x, 0.25, 5).to_vector<double>(), y);
  }
  // Row 7 of the batch is row 0 of a part that starts there.
  const graph::EagerStep part(0, 7);
  const Doubles z = ops::dropout(x.slice(7, 100), 0.25, 5).to_vector<double>();
  EXPECT_TRUE(std::equal(z.begin(), z.end(), y.begin() + 7 * 400));
}

TEST_F(Values, RandomUniformFillsTheUnitInterval) {
  const Doubles u = ops::random_uniform({100, 30}, 3).to_vector<double>();
  double sum = 0, least = 1, most = 0;
  for (double v : u) sum += v, least = std::min(least, v), most = std::max(most, v);
  EXPECT_NEAR(sum / 3000, 0.5, 0.02);
  EXPECT_GE(least, 0);
  EXPECT_LT(least, 0.01);
  EXPECT_LT(most, 1);
  EXPECT_GT(most, 0.99);
}

// Outside of a trace a read is the variable's value at that moment.
TEST_F(Values, ReadsOutsideOfATraceAreSnapshots) {
  Variable v(doubles({1, 2}, {2}), "v");
  const Tensor y = graph::read(v) * 10.0;
  v.assign(doubles({3, 4}, {2}));
  EXPECT_EQ(y.to_vector<double>(), (Doubles{10, 20}));
  EXPECT_EQ((graph::read(v) * 10.0).to_vector<double>(), (Doubles{30, 40}));
}

TEST_F(Values, MissingKernelsAreNamed) {
  const Tensor integers(std::vector<std::int32_t>{1, 2}, {2});
  EXPECT_THROW(ops::exp(integers), ValueError);
  EXPECT_THROW(ops::matmul(integers, integers), ValueError);
  EXPECT_THROW(ops::mean(integers), ValueError);
}

}  // namespace
}  // namespace shoal
