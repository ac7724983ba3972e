#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/model/train/support.h"

// What a person writes without any backward code: a layer, a loss, a metric.
namespace shoal {
namespace {

using testing::begin_program;
using testing::weights_of;

// Written with ops alone.
Tensor absolute_error(const Tensor& y_true, const Tensor& y_pred) { return ops::mean(ops::abs(y_pred - y_true), {-1}); }

class Polynomial : public LayerImpl {
 public:
  std::string class_name() const override { return "Polynomial"; }
  void build(const Shape& input) override {
    a_ = add_weight("a", {input[-1]}, "zeros");
    b_ = add_weight("b", {input[-1]}, "zeros");
  }
  Tensor call(const Tensor& x, bool) override {
    return ops::convert_to_tensor(a_) * ops::square(x) + ops::convert_to_tensor(b_);
  }

 private:
  Variable a_, b_;
};

TEST(OwnLayer, TrainsWithAPersonsOwnLossAndMetric) {
  begin_program(9);
  std::vector<float> x, y;
  for (int i = 0; i < 100; ++i) {
    x.push_back(static_cast<float>(i) / 50 - 1);
    y.push_back(0.5f * x.back() * x.back() - 0.25f);
  }
  Sequential model({layers::Input({1}), make_layer<Polynomial>()});
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.01}),
                 .loss = absolute_error,
                 .metrics = {Metric(absolute_error, "distance")}});
  const auto history =
      model.fit(Tensor(x, {100, 1}), Tensor(y, {100, 1}), {.epochs = 60, .batch_size = 10, .verbose = 0});
  EXPECT_LT(history.history.at("loss").back(), 0.02);
  EXPECT_NEAR(history.history.at("distance").back(), history.history.at("loss").back(), 1e-6);
  EXPECT_NEAR(weights_of(model)[0][0], 0.5, 0.05);
  EXPECT_NEAR(weights_of(model)[1][0], -0.25, 0.02);
  model.compile(
      {.optimizer = "adam", .loss = [](const Tensor& a, const Tensor& b) { return ops::mean(ops::square(a - b)); }});
  EXPECT_LT(model.evaluate(Tensor(x, {100, 1}), Tensor(y, {100, 1}), {.verbose = 0}).loss, 1e-3);
}

// Its arithmetic depends on values, so it can only run node by node.
class ClipLargeBatches : public LayerImpl {
 public:
  std::string class_name() const override { return "ClipLargeBatches"; }
  Shape compute_output_shape(const Shape& input) override { return input; }
  Tensor call(const Tensor& x, bool) override { return ops::max(ops::abs(x)).item() > 1 ? ops::clip(x, -1, 1) : x; }
};

TEST(OwnLayer, MayLookAtValuesWhenRunEagerly) {
  begin_program(10);
  Sequential model({layers::Dense(1, {.input_shape = {1}}), make_layer<ClipLargeBatches>()});
  const Tensor x(std::vector<float>{1, 2, 3, 4}, {4, 1}), y(std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}, {4, 1});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.05}), .loss = "mse", .run_eagerly = true});
  const auto history = model.fit(x, y, {.epochs = 200, .verbose = 0});
  EXPECT_LT(history.history.at("loss").back(), 1e-3);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_THROW(model.fit(x, y, {.verbose = 0}), ValueError);
}

}  // namespace
}  // namespace shoal
