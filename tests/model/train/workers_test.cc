#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include "common/base/random.h"
#include "model/callbacks/callbacks.h"
#include "model/functional/input.h"
#include "model/graph/trace.h"
#include "model/train/run_context.h"
#include "tests/model/train/forked_job.h"
#include "tests/model/train/support.h"

// fit, evaluate and predict on several workers, each a process of its own.
namespace shoal {
namespace {

using nlohmann::json;
using testing::begin_program;
using testing::clouds;
using testing::run_forked;
using testing::TemporaryFolder;
using testing::weights_of;

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

struct Options {
  std::int64_t batch = 9;
  std::string checkpoints = {};
  int kill = 0;  // after so many batches
  bool resume = false;
  std::uint64_t seed_step = 0;  // worker r starts with the seed 31 + r * seed_step
};

// Trains a small network with Dropout on 47 samples and says what came of it.
json train(int rank, const Options& options) {
  begin_program(31 + static_cast<std::uint64_t>(rank) * options.seed_step);
  set_floatx(DType::kFloat64);
  const auto data = clouds(47, 3), held = clouds(11, 3, 2);
  Sequential model({layers::Dense(8, {.activation = "relu", .input_shape = {2}}), layers::Dropout(0.25),
                    layers::Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.02}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  int batches = 0;
  const auto killer = callbacks::LambdaCallback({.on_train_batch_end = [&](int, const Logs&) {
    if (++batches == options.kill) throw Killed();
  }});
  const auto history =
      model.fit(data.x, data.y,
                {.epochs = 4,
                 .batch_size = options.batch,
                 .verbose = 0,
                 .callbacks = {killer},
                 .validation_data = {{held.x, held.y}},
                 .checkpoint = {.directory = options.checkpoints, .every_batches = options.resume ? 1 << 20 : 1},
                 .resume = options.resume});
  const Logs evaluation = model.evaluate_all(held.x, held.y, {.batch_size = 4, .verbose = 0});
  return {{"history", history.history},
          {"weights", weights_of(model)},
          {"evaluation", evaluation},
          {"prediction", model.predict(held.x, {.batch_size = 3}).to_vector<double>()}};
}

json parsed(const std::string& text) {
  if (text.starts_with('!')) ADD_FAILURE() << text;
  return text.starts_with('!') ? json::object() : json::parse(text);
}

std::vector<json> train_on(int workers, const Options& options = {}) {
  std::vector<json> results;
  for (const std::string& text : run_forked(workers, [&](int rank) { return train(rank, options).dump(); }))
    results.push_back(parsed(text));
  return results;
}

void expect_near(const json& a, const json& b) {
  const json flat_a = a.flatten(), flat_b = b.flatten();
  ASSERT_EQ(flat_a.size(), flat_b.size());
  for (const auto& [key, value] : flat_a.items()) {
    ASSERT_TRUE(flat_b.contains(key)) << key;
    EXPECT_NEAR(value.get<double>(), flat_b[key].get<double>(), 1e-9) << key;
  }
}

TEST(Workers, AnyNumberGivesTheResultOfOne) {
  const json alone = train_on(1)[0];
  for (const int workers : {2, 3, 5}) {
    const auto results = train_on(workers);
    for (const json& result : results)
      EXPECT_EQ(result, results[0]);  // every worker has the same weights, logs and predictions
    expect_near(results[0], alone);
  }
}

// The last of six batches of 9 holds two rows, and one of 47 batches holds a single one: workers without rows join in.
TEST(Workers, SomeHaveNoRows) {
  const json alone = train_on(1, {.batch = 1})[0];
  expect_near(train_on(3, {.batch = 1})[2], alone);
}

// Penalties of weights and outputs, a schedule and clipping.
json train_regularized(bool eagerly) {
  begin_program(5);
  set_floatx(DType::kFloat64);
  const auto data = clouds(23, 3);
  Sequential model({layers::Dense(6, {.activation = "tanh",
                                      .kernel_regularizer = regularizers::L1L2(0.01, 0.02),
                                      .activity_regularizer = regularizers::L2(0.05),
                                      .input_shape = {2}}),
                    layers::Dense(3, {.activation = "softmax", .bias_regularizer = "l2"})});
  model.compile(
      {.optimizer = optimizers::RMSprop(
           {.learning_rate = optimizers::schedules::CosineDecay(0.05, 10), .momentum = 0.5, .global_clipnorm = 0.3}),
       .loss = "sparse_categorical_crossentropy",
       .run_eagerly = eagerly});
  const auto history = model.fit(data.x, data.y, {.epochs = 3, .batch_size = 5, .verbose = 0});
  const Logs evaluation = model.evaluate_all(data.x, data.y, {.batch_size = 4, .verbose = 0});
  return {{"history", history.history}, {"weights", weights_of(model)}, {"evaluation", evaluation}};
}

TEST(Workers, AnyNumberCountsRegularizersOnce) {
  const auto on = [](int workers, bool eagerly) {
    const auto texts = run_forked(workers, [&](int) { return train_regularized(eagerly).dump(); });
    return parsed(texts.back());
  };
  const json alone = on(1, false);
  expect_near(on(1, true), alone);
  expect_near(on(2, false), alone);
  expect_near(on(3, false), alone);  // a batch of the last three rows leaves none without
  expect_near(on(2, true), alone);
}

// Weights of samples in the loss, in metrics that are means and in those that count.
json train_weighed(bool eagerly, bool by_class) {
  begin_program(5);
  set_floatx(DType::kFloat64);
  const Tensor x = clouds(23, 2).x;
  std::vector<std::int32_t> labels;  // some of them wrong, so that no metric is 1
  std::vector<double> weights;
  for (int i = 0; i < 23; ++i) {
    labels.push_back(i % 7 < 3 ? 1 : 0);
    weights.push_back(0.25 * (i % 5));
  }
  const Tensor y(labels, {23});
  const Tensor sample_weight(weights, {23});
  Sequential model(
      {layers::Dense(6, {.activation = "tanh", .input_shape = {2}}), layers::Dense(1, {.activation = "sigmoid"})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.05}),
                 .loss = "binary_crossentropy",
                 .metrics = {"accuracy", metrics::AUC()},
                 .weighted_metrics = {"accuracy", metrics::Precision(), metrics::AUC({.curve = "PR"})},
                 .run_eagerly = eagerly});
  FitOptions options{.epochs = 3, .batch_size = 5, .verbose = 0, .validation_split = 0.2};
  if (by_class)
    options.class_weight = {{0, 0.5}, {1, 2}};
  else
    options.sample_weight = sample_weight;
  const auto history = model.fit(x, y, options);
  const Logs evaluation = model.evaluate_all(x, y, {.batch_size = 4, .verbose = 0, .sample_weight = sample_weight});
  return {{"history", history.history}, {"weights", weights_of(model)}, {"evaluation", evaluation}};
}

TEST(Workers, AnyNumberWeighsSamplesAlike) {
  for (const bool by_class : {false, true}) {
    const auto on = [&](int workers, bool eagerly) {
      const auto texts = run_forked(workers, [&](int) { return train_weighed(eagerly, by_class).dump(); });
      return parsed(texts.back());
    };
    const json alone = on(1, false);
    EXPECT_TRUE(alone["history"].contains("weighted_accuracy"));
    EXPECT_TRUE(alone["history"].contains("val_auc"));
    EXPECT_NE(alone["history"]["accuracy"], alone["history"]["weighted_accuracy"]);
    expect_near(on(1, true), alone);
    expect_near(on(2, false), alone);
    expect_near(on(3, false), alone);
  }
}

TEST(Workers, TheChiefsSeedAndWeightsCount) {
  const auto results = train_on(2, {.seed_step = 5});
  EXPECT_EQ(results[0], results[1]);
  expect_near(results[1], train_on(1)[0]);
}

TEST(Workers, ResumeOnAsManyGivesTheSameBits) {
  const TemporaryFolder folder;
  const json whole = train_on(2)[0];
  const Options stopped{.checkpoints = folder.path("stopped"), .kill = 10};
  for (const std::string& text : run_forked(2, [&](int rank) { return train(rank, stopped).dump(); }))
    EXPECT_EQ(text, "!killed");
  const auto results = train_on(2, {.checkpoints = folder.path("stopped"), .resume = true});
  EXPECT_EQ(results[0], whole);
  EXPECT_EQ(results[1], whole);
}

TEST(Workers, ResumeOnMoreGoesOnFromTheSameSample) {
  const TemporaryFolder folder;
  const json whole = train_on(2)[0];
  const Options stopped{.checkpoints = folder.path("stopped"), .kill = 10};
  run_forked(2, [&](int rank) { return train(rank, stopped).dump(); });
  expect_near(train_on(3, {.checkpoints = folder.path("stopped"), .resume = true})[1], whole);
}

TEST(Workers, AWishToStopOnOneStopsAllTogether) {
  const auto texts = run_forked(2, [](int rank) {
    begin_program(1);
    set_floatx(DType::kFloat64);
    const auto data = clouds(60, 3);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    int batches = 0;
    const auto stopper = callbacks::LambdaCallback({.on_train_batch_end = [&](int, const Logs&) {
      if (++batches == 70 && rank == 1) model.stop_training = true;
    }});
    const auto history =
        model.fit(data.x, data.y, {.epochs = 5, .batch_size = 1, .verbose = 0, .callbacks = {stopper}});
    return std::to_string(batches) + " " + std::to_string(history.epoch.size());
  });
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[0], "80 2");  // at the next step that is a multiple of 16
}

TEST(Workers, CheckpointsByTheChiefsClock) {
  const TemporaryFolder folder;
  const auto texts = run_forked(2, [&](int rank) {
    begin_program(1);
    const auto data = clouds(64, 3);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    int seen = 0;  // mid-epoch checkpoints
    const auto pace = callbacks::LambdaCallback({.on_train_batch_end = [&](int, const Logs&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (rank == 0) seen += std::filesystem::exists(folder.path("checkpoints")) ? 1 : 0;
    }});
    model.fit(data.x, data.y,
              {.epochs = 1,
               .batch_size = 1,
               .verbose = 0,
               .callbacks = {pace},
               .checkpoint = {.directory = folder.path("checkpoints"), .every_seconds = 0.03}});
    return std::to_string(rank == 0 && seen == 0);
  });
  EXPECT_EQ(texts, (std::vector<std::string>{"0", "0"}));
}

// Two inputs, two outputs, validation and predictions.
json train_two_by_two(int) {
  begin_program(8);
  set_floatx(DType::kFloat64);
  const auto data = clouds(29, 3);
  const KerasTensor a = Input({2}, {.name = "a"}), b = Input({2}, {.name = "b"});
  const Layer shared = layers::Dense(4, {.activation = "tanh"});
  const KerasTensor both = shared(a) * shared(b);
  Model model({a, b}, {layers::Dense(3, {.activation = "softmax", .name = "kind"})(both),
                       layers::Dense(2, {.name = "place"})(both)});
  model.compile({.optimizer = "adam",
                 .loss = {{"kind", "sparse_categorical_crossentropy"}, {"place", "mse"}},
                 .metrics = {{"kind", "accuracy"}}});
  const auto history = model.fit({data.x, data.x}, {data.y, data.x},
                                 {.epochs = 2, .batch_size = 7, .verbose = 0, .validation_split = 0.2});
  json result = {{"history", history.history}, {"weights", weights_of(model)}};
  for (const Tensor& output : model.predict_all({{"b", data.x}, {"a", data.x}}, {.batch_size = 5}))
    result["predictions"].push_back(output.to_vector<double>());
  return result;
}

TEST(Workers, TrainSeveralInputsAndOutputsAsOne) {
  const auto run = [](int workers) {
    std::vector<json> results;
    for (const std::string& text : run_forked(workers, [](int rank) { return train_two_by_two(rank).dump(); }))
      results.push_back(parsed(text));
    return results;
  };
  const json alone = run(1)[0];
  const auto results = run(3);
  for (const json& result : results) EXPECT_EQ(result, results[0]);
  expect_near(results[0], alone);
}

// As set_weights does: training goes on from what the chief loaded.
TEST(Workers, WeightsLoadedWithinAFitReachAll) {
  const TemporaryFolder folder;
  const auto texts = run_forked(2, [&](int rank) {
    begin_program(1);
    const auto data = clouds(24, 3);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = optimizers::Adam({.learning_rate = 0}), .loss = "sparse_categorical_crossentropy"});
    std::vector<Tensor> other = {Tensor(Shape{2, 3}, DType::kFloat32), Tensor(Shape{3}, DType::kFloat32)};
    other[0].mutable_data<float>()[4] = rank == 0 ? 7 : 8;  // the chief's counts
    Sequential saved({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    saved.set_weights(other);
    const std::string path = folder.path("chief.weights.h5");
    saved.save_weights(path);
    train::run_context().barrier();
    const auto loader = callbacks::LambdaCallback({.on_train_batch_end = [&](int batch, const Logs&) {
      if (batch == 1) model.load_weights(path);
    }});
    model.fit(data.x, data.y, {.batch_size = 6, .verbose = 0, .callbacks = {loader}});
    return json(weights_of(model)).dump();
  });
  EXPECT_EQ(texts[0], "[[0.0,0.0,0.0,0.0,7.0,0.0],[0.0,0.0,0.0]]");
  EXPECT_EQ(texts[1], texts[0]);
}

TEST(Workers, AnOwnLoopIsRefused) {
  const auto texts = run_forked(2, [](int) {
    Sequential model({layers::Dense(3, {.input_shape = {2}})});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    model.apply_gradients(model.get_weights());
    return std::string("trained");
  });
  for (const std::string& text : texts) EXPECT_THAT(text, ::testing::HasSubstr("2 workers, where fit is the loop"));
}

// A layer whose state follows the four rows that its worker sees.
class Follower : public LayerImpl {
 public:
  std::string class_name() const override { return "Follower"; }
  void build(const Shape&) override {
    mean_ = add_weight("mean", {2}, "zeros", false);
    dense_ = add_weight("kernel", {2, 3}, "glorot_uniform");
  }
  Tensor call(const Tensor& x, bool training) override {
    if (training)
      graph::Trace::current()->add_assign(mean_, ops::convert_to_tensor(mean_) * 0.5 + ops::sum(x, {0}) * (0.5 / 4));
    return ops::softmax(ops::matmul(x, ops::convert_to_tensor(dense_)));
  }

 private:
  Variable mean_, dense_;
};

TEST(Workers, StateThatIsNotTrainedIsTheMeanOfTheWorkers) {
  const auto texts = run_forked(2, [](int) {
    begin_program(1);
    const auto data = clouds(8, 3);
    Sequential model({make_layer<Follower>()});
    model.build({kRows, 2});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    model.fit(data.x, data.y, {.epochs = 1, .batch_size = 8, .verbose = 0, .shuffle = false});
    return json(model.get_weights()[0].to_vector<double>()).dump();
  });
  ASSERT_EQ(texts[0], texts[1]);
  ASSERT_THAT(texts[0], ::testing::Not(::testing::StartsWith("!")));
  const auto data = clouds(8, 3);
  const auto values = data.x.to_vector<double>();
  const auto mean = json::parse(texts[0]);
  for (std::size_t i = 0; i < 2; ++i) {
    double sum = 0;
    for (std::size_t row = 0; row < 8; ++row) sum += values[2 * row + i];
    EXPECT_NEAR(mean[i].get<double>(), sum / 8 / 2, 1e-6);
  }
}

TEST(Workers, BadDataFailsOnAllAlikeAndNobodyHangs) {
  const auto texts = run_forked(2, [](int) {
    const auto data = clouds(12, 4);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    model.fit(data.x, data.y, {.verbose = 0});
    return std::string("trained");
  });
  for (const std::string& text : texts) EXPECT_THAT(text, ::testing::HasSubstr("labels in [0, 3), received 3"));
}

TEST(Workers, OnlyTheChiefWritesAndPrints) {
  const TemporaryFolder folder;
  const auto texts = run_forked(2, [&](int rank) {
    begin_program(1);
    set_floatx(DType::kFloat64);
    const auto data = clouds(20, 3);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    ::testing::internal::CaptureStdout();
    model.summary();
    model.fit(data.x, data.y,
              {.verbose = 2, .callbacks = {callbacks::CSVLogger(folder.path("log" + std::to_string(rank)))}});
    return ::testing::internal::GetCapturedStdout();
  });
  EXPECT_THAT(texts[0], ::testing::HasSubstr("loss: "));
  EXPECT_EQ(texts[1], "");
  EXPECT_TRUE(std::filesystem::exists(folder.path("log0")));
  EXPECT_FALSE(std::filesystem::exists(folder.path("log1")));
}

}  // namespace
}  // namespace shoal
