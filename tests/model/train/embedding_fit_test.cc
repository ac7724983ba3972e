// `fit` of models with large tables, whose gradients come by rows: what a user sees is as if every row moved at every
// step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/callbacks/callbacks.h"
#include "model/functional/input.h"
#include "model/ops/ops.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using testing::begin_program;
using testing::weights_of;
using Weights = std::vector<std::vector<double>>;

constexpr std::int64_t kWords = 500, kIds = 6, kSamples = 60;

testing::Data words() {
  Tensor x(Shape{kSamples, kIds}, DType::kInt32), y(Shape{kSamples, 1}, DType::kFloat32);
  for (std::int64_t i = 0; i < kSamples * kIds; ++i)
    x.mutable_data<std::int32_t>()[i] =
        static_cast<std::int32_t>(i * i % 13 == 0 ? 0 : i * 7919 % (i % 3 ? 40 : kWords));
  for (std::int64_t i = 0; i < kSamples; ++i) y.mutable_data<float>()[i] = static_cast<float>(i * 11 % 5) / 5;
  return {x, y};
}

Model wide(bool mask_zero = false) {
  if (mask_zero)
    return Sequential(
        {layers::Embedding(kWords, 8, {.mask_zero = true, .input_shape = {kIds}}), layers::LSTM(5), layers::Dense(1)});
  return Sequential({layers::Embedding(kWords, 8, {.input_shape = {kIds}}), layers::Flatten(), layers::Dense(1)});
}

// Two inputs that share a table.
Model twins() {
  const KerasTensor left = Input({3}, {.dtype = DType::kInt32}), right = Input({3}, {.dtype = DType::kInt32});
  const Layer table = layers::Embedding(kWords, 4);
  const KerasTensor both = layers::Concatenate()({table(left), table(right)});
  return Model({left, right}, layers::Dense(1)(layers::Flatten()(both)));
}

// A table that is an operand beside its rows.
struct Tied : LayerImpl {
  Variable table = {};
  std::string class_name() const override { return "Tied"; }
  void build(const Shape&) override { table = add_weight("table", {kWords, 4}, "random_uniform"); }
  Tensor call(const Tensor& x, bool) override {
    const Tensor rows = ops::mean(ops::take(ops::convert_to_tensor(table), ops::cast(x, DType::kInt32)), {1});
    return ops::matmul(rows, ops::transpose(ops::convert_to_tensor(table), {1, 0}));
  }
};

void expect_near(const Weights& a, const Weights& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_THAT(a[i], ::testing::Pointwise(::testing::DoubleNear(tolerance), b[i])) << "weight " << i;
}

Weights fitted(Model model, const Optimizer& optimizer, FitOptions options = {}, bool eagerly = false) {
  const auto data = words();
  model.compile({.optimizer = optimizer, .loss = "mean_squared_error", .run_eagerly = eagerly});
  options.epochs = 3;
  options.batch_size = 8;
  options.verbose = 0;
  model.fit(data.x, data.y, options);
  return weights_of(model);
}

TEST(EmbeddingFit, IsThatOfEveryRowAtEveryStep) {
  for (const bool mask_zero : {false, true})
    for (const Optimizer& optimizer :
         {Optimizer("sgd"), Optimizer("adam"), Optimizer("adamw"), optimizers::SGD({.momentum = 0.9}),
          optimizers::Adam({.clipnorm = 0.1}), optimizers::Adam({.global_clipnorm = 0.1})}) {
      begin_program(5);
      const Weights planned = fitted(wide(mask_zero), optimizer);
      begin_program(5);
      const Weights eager = fitted(wide(mask_zero), optimizer, {}, true);
      expect_near(planned, eager, 2e-5);
    }
}

TEST(EmbeddingFit, IsTheSameForWhoeverLooksOn) {
  begin_program(5);
  const Weights alone = fitted(wide(), "adam");
  begin_program(5);
  Model model = wide();
  const auto data = words();
  Weights seen;
  const auto look = callbacks::LambdaCallback({.on_train_batch_end = [&](int batch, const Logs&) {
    if (batch % 2 == 1) seen = weights_of(model);
  }});
  model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
  model.fit(data.x, data.y,
            {.epochs = 3,
             .batch_size = 8,
             .verbose = 0,
             .callbacks = {look},
             .validation_data = ValidationData{data.x, data.y}});
  EXPECT_EQ(weights_of(model), alone);
  EXPECT_FALSE(seen.empty());
}

TEST(EmbeddingFit, GoesOnAsIfNeverStopped) {
  struct Killed {};
  begin_program(5);
  const Weights all = fitted(wide(), "adam");
  const testing::TemporaryFolder folder;
  const CheckpointOptions checkpoint{.directory = folder.path("c"), .every_batches = 5};
  begin_program(5);
  int batches = 0;
  const auto kill = callbacks::LambdaCallback({.on_train_batch_end = [&](int, const Logs&) {
    if (++batches == 13) throw Killed();
  }});
  EXPECT_THROW(fitted(wide(), "adam", {.callbacks = {kill}, .checkpoint = checkpoint}), Killed);
  begin_program(5);
  const auto nothing = callbacks::LambdaCallback({});
  EXPECT_EQ(fitted(wide(), "adam", {.callbacks = {nothing}, .checkpoint = checkpoint, .resume = true}), all);
}

TEST(EmbeddingFit, OneTableOfTwoInputs) {
  const auto data = words();
  const auto run = [&](bool eagerly) {
    begin_program(5);
    Model model = twins();
    model.compile({.optimizer = "adam", .loss = "mean_squared_error", .run_eagerly = eagerly});
    const auto half = [&](std::int64_t from) {
      Tensor x(Shape{kSamples, 3}, DType::kInt32);
      for (std::int64_t i = 0; i < kSamples * 3; ++i)
        x.mutable_data<std::int32_t>()[i] = data.x.data<std::int32_t>()[i / 3 * kIds + from + i % 3];
      return x;
    };
    model.fit({half(0), half(3)}, data.y, {.epochs = 3, .batch_size = 8, .verbose = 0});
    return weights_of(model);
  };
  expect_near(run(false), run(true), 1e-5);
}

TEST(EmbeddingFit, ATableThatIsAlsoAnOperand) {
  const auto run = [&](bool eagerly) {
    begin_program(5);
    Sequential model({layers::Input({kIds}, {.dtype = DType::kInt32}), make_layer<Tied>(), layers::Dense(1)});
    return fitted(std::move(model), "adam", {}, eagerly);
  };
  expect_near(run(false), run(true), 1e-5);
}

TEST(EmbeddingFit, ALoopOfOnesOwnMayFollow) {
  begin_program(5);
  Model model = wide();
  const auto data = words();
  model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 8, .verbose = 0});
  const Weights before = weights_of(model);
  std::vector<Tensor> zeros;
  for (const Variable& weight : model.trainable_weights()) zeros.emplace_back(weight.shape(), weight.dtype());
  model.apply_gradients(zeros);
  EXPECT_NE(weights_of(model)[0], before[0]);  // moments go on
  model.fit(data.x, data.y, {.epochs = 1, .batch_size = 8, .verbose = 0});
  const Weights after = weights_of(model);
  for (double value : after[0]) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace shoal
