#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "model/callbacks/callbacks.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using testing::bars;
using testing::begin_program;
using testing::clouds;
using testing::weights_of;

Sequential mlp(DType dtype = DType::kFloat32) {
  return Sequential({layers::Dense(16, {.activation = "relu", .input_shape = {2}, .dtype = dtype}),
                     layers::Dense(3, {.activation = "softmax", .dtype = dtype})});
}

TEST(Fit, TheListingOfTheGuideWorks) {
  begin_program(1);
  const auto data = bars(256), test = bars(64, 2);
  Sequential model;
  model.add(layers::Rescaling(1.0 / 255, {.input_shape = {8, 8, 1}}));
  model.add(layers::Conv2D(4, {3, 3}, {.activation = "relu"}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Flatten());
  model.add(layers::Dense(16, {.activation = "relu"}));
  model.add(layers::Dropout(0.1));
  model.add(layers::Dense(2, {.activation = "softmax"}));
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.005}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  auto history = model.fit(data.x, data.y, {.epochs = 12, .batch_size = 16, .verbose = 0});
  auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  EXPECT_GT(accuracy, 0.95);
  EXPECT_LT(loss, 0.2);
  ASSERT_EQ(history.history.at("loss").size(), 12u);
  EXPECT_LT(history.history.at("loss").back(), 0.2 * history.history.at("loss").front());
  EXPECT_GT(history.history.at("accuracy").back(), 0.95);
  EXPECT_THAT(history.epoch, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

// y = 3 a - 2 b + 1 without noise: gradient descent finds the three numbers.
TEST(Fit, FindsALine) {
  begin_program(2);
  random::Generator generator(3);
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    const double a = generator.uniform(), b = generator.uniform();
    x.insert(x.end(), {a, b});
    y.push_back(3 * a - 2 * b + 1);
  }
  Sequential model({layers::Dense(1, {.input_shape = {2}, .dtype = DType::kFloat64})});
  model.compile(
      {.optimizer = optimizers::SGD({.learning_rate = 0.3, .momentum = 0.9, .nesterov = true}), .loss = "mse"});
  const auto history = model.fit(Tensor(x, {200, 2}), Tensor(y, {200}), {.epochs = 60, .batch_size = 20, .verbose = 0});
  EXPECT_LT(history.history.at("loss").back(), 1e-9);
  const auto weights = weights_of(model);
  EXPECT_NEAR(weights[0][0], 3, 1e-4);
  EXPECT_NEAR(weights[0][1], -2, 1e-4);
  EXPECT_NEAR(weights[1][0], 1, 1e-4);
}

// One step of plain gradient descent, by hand: w -= lr * mean over all samples of the gradient.
TEST(Fit, AShortLastBatchCountsItsOwnRows) {
  Sequential model({layers::Dense(
      1, {.use_bias = false, .kernel_initializer = "zeros", .input_shape = {1}, .dtype = DType::kFloat64})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse", .metrics = {"mse"}});
  const std::vector<double> x{1, 2, 3, 4, 5}, y{2, 4, 6, 8, 10};
  const auto history =
      model.fit(Tensor(x, {5, 1}), Tensor(y, {5, 1}), {.epochs = 1, .batch_size = 2, .verbose = 0, .shuffle = false});
  double w = 0, squares = 0;
  for (std::size_t begin = 0; begin < 5; begin += 2) {
    const std::size_t end = std::min<std::size_t>(begin + 2, 5);
    double gradient = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const double error = w * x[i] - y[i];
      squares += error * error;
      gradient += 2 * error * x[i] / static_cast<double>(end - begin);
    }
    w -= 0.1 * gradient;
  }
  EXPECT_NEAR(weights_of(model)[0][0], w, 1e-12);
  EXPECT_NEAR(history.history.at("loss")[0], squares / 5, 1e-12);
  EXPECT_NEAR(history.history.at("mse")[0], squares / 5, 1e-12);
}

TEST(Fit, IsDeterministicAndSeesTheSeed) {
  const auto data = clouds(90, 3);
  const auto train = [&](std::uint64_t seed) {
    begin_program(seed);
    Sequential model({layers::Dense(16, {.activation = "relu", .input_shape = {2}}), layers::Dropout(0.3),
                      layers::Dense(3, {.activation = "softmax"})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    model.fit(data.x, data.y, {.epochs = 2, .batch_size = 16, .verbose = 0});
    return weights_of(model);
  };
  const auto first = train(5);
  EXPECT_EQ(train(5), first);
  EXPECT_NE(train(6), first);
}

TEST(Fit, RunEagerlyAgrees) {
  const auto data = clouds(50, 3);
  const auto train = [&](bool eagerly, History* history) {
    begin_program(5);
    Sequential model({layers::Dense(16, {.activation = "relu", .input_shape = {2}, .dtype = DType::kFloat64}),
                      layers::Dropout(0.3, {.dtype = DType::kFloat64}),
                      layers::Dense(3, {.activation = "softmax", .dtype = DType::kFloat64})});
    model.compile({.optimizer = "adam",
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"},
                   .run_eagerly = eagerly});
    *history = model.fit(data.x, data.y, {.epochs = 3, .batch_size = 16, .verbose = 0, .validation_split = 0.2});
    return weights_of(model);
  };
  History planned_history, eager_history;
  const auto planned = train(false, &planned_history), eager = train(true, &eager_history);
  for (std::size_t i = 0; i < planned.size(); ++i)
    EXPECT_THAT(eager[i], ::testing::Pointwise(::testing::DoubleNear(1e-6), planned[i]));
  for (const auto& [name, values] : planned_history.history)
    EXPECT_THAT(eager_history.history.at(name), ::testing::Pointwise(::testing::DoubleNear(1e-6), values)) << name;
}

TEST(Fit, ASecondFitGoesOnAndSetWeightsCountsInBetween) {
  begin_program(7);
  const auto data = clouds(60, 3);
  Sequential model = mlp();
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const auto initial = model.get_weights();
  const auto first = model.fit(data.x, data.y, {.epochs = 5, .verbose = 0});
  const auto second = model.fit(data.x, data.y, {.epochs = 5, .verbose = 0});
  EXPECT_LT(second.history.at("loss").front(), first.history.at("loss").back() * 1.05);
  EXPECT_EQ(model.optimizer().iterations, 20);
  model.set_weights(initial);
  const auto third = model.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  EXPECT_NEAR(third.history.at("loss")[0], first.history.at("loss")[0], 0.1);
}

TEST(Fit, ValidationTakesTheLastRowsBeforeAnyShuffling) {
  begin_program(8);
  // The last quarter has targets far away from the others.
  std::vector<float> x(40, 1.0f), y(40, 0.0f);
  std::fill(y.begin() + 30, y.end(), 100.0f);
  Sequential model({layers::Dense(1, {.kernel_initializer = "zeros", .input_shape = {1}})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse"});
  const auto history =
      model.fit(Tensor(x, {40, 1}), Tensor(y, {40, 1}), {.epochs = 2, .verbose = 0, .validation_split = 0.25});
  EXPECT_EQ(history.history.at("loss")[1], 0);
  EXPECT_NEAR(history.history.at("val_loss")[1], 10000, 1e-2);
  const testing::Data held{Tensor(x, {40, 1}), Tensor(y, {40, 1})};
  const auto with_data = model.fit(
      held.x.slice(0, 30), held.y.slice(0, 30),
      {.verbose = 0, .validation_data = {{held.x.slice(30, 40), held.y.slice(30, 40)}}, .validation_batch_size = 3});
  EXPECT_NEAR(with_data.history.at("val_loss")[0], 10000, 1e-2);
}

TEST(Fit, AFrozenLayerStaysAsItIs) {
  begin_program(10);
  const auto data = clouds(60, 3);
  Sequential model = mlp();
  model.layers()[0]->set_trainable(false);
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  const auto before = weights_of(model);
  model.fit(data.x, data.y, {.epochs = 2, .verbose = 0});
  const auto after = weights_of(model);
  EXPECT_EQ(after[0], before[0]);
  EXPECT_EQ(after[1], before[1]);
  EXPECT_NE(after[2], before[2]);
}

TEST(Fit, TwoModelsThatShareALayerTrainTheSameWeights) {
  begin_program(11);
  const auto data = clouds(60, 3);
  const Layer shared = layers::Dense(8, {.activation = "relu", .input_shape = {2}});
  Sequential a({shared, layers::Dense(3, {.activation = "softmax"})}),
      b({shared, layers::Dense(3, {.activation = "softmax"})});
  for (Sequential* model : {&a, &b}) model->compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  for (int round = 0; round < 2; ++round)
    for (Sequential* model : {&a, &b}) {
      const auto before = weights_of(a)[0];
      model->fit(data.x, data.y, {.verbose = 0});
      EXPECT_NE(weights_of(a)[0], before);
      EXPECT_EQ(weights_of(a)[0], weights_of(b)[0]);
    }
}

TEST(Fit, EvaluateIsTheMeanOverAllSamplesWhateverTheBatch) {
  begin_program(12);
  const auto data = clouds(31, 3);
  Sequential model = mlp(DType::kFloat64);
  model.compile({.optimizer = "sgd",
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy", "sparse_categorical_crossentropy"}});
  const auto predictions = model.predict(data.x, {.batch_size = 7});
  ASSERT_EQ(predictions.shape(), (Shape{31, 3}));
  const auto p = predictions.to_vector<double>();
  const auto labels = data.y.to_vector<int>();
  double loss = 0, right = 0;
  for (std::size_t i = 0; i < 31; ++i) {
    const double* row = &p[3 * i];
    loss -= std::log(row[labels[i]]) / 31;
    right += std::max_element(row, row + 3) - row == labels[i];
  }
  for (const std::int64_t batch : {1, 7, 31, 100}) {
    const Logs logs = model.evaluate_all(data.x, data.y, {.batch_size = batch, .verbose = 0});
    EXPECT_NEAR(logs.at("loss"), loss, 1e-9);
    EXPECT_NEAR(logs.at("accuracy"), right / 31, 1e-12);
    EXPECT_NEAR(logs.at("sparse_categorical_crossentropy"), loss, 1e-6);
  }
}

TEST(Fit, OneHotAndIntegerLabelsAgree) {
  const auto data = clouds(48, 3);
  const auto train = [&](const Tensor& y, const char* loss) {
    begin_program(13);
    Sequential model = mlp();
    model.compile({.optimizer = "adam", .loss = loss, .metrics = {"accuracy"}});
    return model.fit(data.x, y, {.epochs = 3, .batch_size = 10, .verbose = 0}).history;
  };
  const auto sparse = train(data.y, "sparse_categorical_crossentropy");
  const auto one_hot = train(ops::one_hot(data.y, 3), "categorical_crossentropy");
  for (const char* name : {"loss", "accuracy"})
    EXPECT_THAT(one_hot.at(name), ::testing::Pointwise(::testing::DoubleNear(1e-5), sparse.at(name))) << name;
}

// Far on the wrong side the probability underflows; the logits still tell how far.
TEST(Fit, ASoftmaxBeforeACrossentropyIsFusedAndStable) {
  Sequential model({layers::Dense(
      2, {.activation = "softmax", .use_bias = false, .kernel_initializer = "ones", .input_shape = {2}})});
  model.set_weights({Tensor(std::vector<float>{1, 0, 0, 1}, {2, 2})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 1}), .loss = "sparse_categorical_crossentropy"});
  const Tensor x(std::vector<float>{300, 0}, {1, 2}), y(std::vector<std::int32_t>{1}, {1});
  EXPECT_NEAR(model.evaluate(x, y, {.verbose = 0}).loss, 300, 1e-3);
  model.fit(x, y, {.verbose = 0});
  EXPECT_NEAR(weights_of(model)[0][0], 1 - 300, 1e-3);  // dloss/dw = x (p - onehot)
}

TEST(Fit, AllDtypesOfDataTrainAlike) {
  const auto data = bars(32);
  const auto train = [&](const Tensor& x, const Tensor& y) {
    begin_program(14);
    Sequential model({layers::Flatten({.input_shape = {8, 8, 1}}), layers::Rescaling(1 / 255.0),
                      layers::Dense(2, {.activation = "softmax"})});
    model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
    model.fit(x, y, {.epochs = 2, .batch_size = 5, .verbose = 0});
    return weights_of(model);
  };
  const auto bytes = train(data.x, data.y);
  EXPECT_EQ(train(data.x.astype(DType::kFloat32), data.y.astype(DType::kInt64)), bytes);
  EXPECT_EQ(train(data.x.astype(DType::kFloat64), data.y.astype(DType::kInt32)), bytes);
  EXPECT_EQ(train(data.x, data.y.astype(DType::kFloat32)), bytes);
}

}  // namespace
}  // namespace shoal
