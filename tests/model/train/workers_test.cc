#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "model/callbacks/callbacks.h"
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
