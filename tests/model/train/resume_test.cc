#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/base/error.h"
#include "model/callbacks/callbacks.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using testing::begin_program;
using testing::clouds;
using testing::TemporaryFolder;
using testing::weights_of;

struct Killed {};

// Ends a run in the middle of a batch of an epoch, counted over the whole run.
CallbackPtr kill_at(int batch) {
  auto count = std::make_shared<int>(0);
  return callbacks::LambdaCallback({.on_train_batch_end = [=](int, const Logs&) {
    if (++*count == batch) throw Killed();
  }});
}

struct Outcome {
  std::vector<std::vector<double>> weights;
  History history;
  std::int64_t iterations = 0;
  std::string csv;
};

constexpr std::int64_t kSeldom = 1 << 20;

// What a program does from start to end.
struct Program {
  std::string csv, checkpoints = {};  // no checkpoints: an empty name
  int patience = 4, epochs = 3;

  // `kill` 0: it lives.
  Outcome run(int kill, bool resume, CheckpointOptions checkpoint) const {
    begin_program(21);
    const auto data = clouds(50, 3), held = clouds(15, 3, 2);
    Sequential model({layers::Dense(8, {.activation = "relu", .input_shape = {2}}), layers::Dropout(0.2),
                      layers::Dense(3, {.activation = "softmax"})});
    model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.03}),
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"}});
    checkpoint.directory = checkpoints;
    const auto schedule = callbacks::LambdaCallback(
        {.on_epoch_begin = [&](int epoch) { model.optimizer().learning_rate = 0.03 / (epoch + 1); }});
    const auto stopping =
        callbacks::EarlyStopping({.monitor = "val_accuracy", .patience = patience, .restore_best_weights = true});
    Outcome outcome;
    outcome.history = model.fit(data.x, data.y,
                                {.epochs = epochs,
                                 .batch_size = 8,
                                 .verbose = 0,
                                 .callbacks = {schedule, callbacks::CSVLogger(csv), stopping, kill_at(kill)},
                                 .validation_data = {{held.x, held.y}},
                                 .checkpoint = checkpoint,
                                 .resume = resume});
    outcome.weights = weights_of(model);
    outcome.iterations = model.optimizer().iterations;
    std::ifstream file(csv);
    std::stringstream text;
    text << file.rdbuf();
    outcome.csv = text.str();
    return outcome;
  }
  // With a checkpoint at every batch, until it is killed.
  void run_until(int kill, bool resume = false) const { EXPECT_THROW(run(kill, resume, {.every_batches = 1}), Killed); }
  Outcome run_to_the_end(bool resume, CheckpointOptions checkpoint = {.every_batches = kSeldom}) const {
    return run(0, resume, checkpoint);
  }
};

Program program_in(const TemporaryFolder& folder, const std::string& name = "p") {
  return {.csv = folder.path(name + ".csv"), .checkpoints = folder.path(name)};
}

// The run that was never stopped, nor ever wrote a checkpoint.
Outcome whole(Program program = {.csv = {}}) {
  const TemporaryFolder folder;
  program.csv = folder.path("whole.csv");
  program.checkpoints.clear();
  return program.run_to_the_end(false);
}

void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.history.history, b.history.history);
  EXPECT_EQ(a.history.epoch, b.history.epoch);
  EXPECT_EQ(a.iterations, b.iterations);
  EXPECT_EQ(a.csv, b.csv);
}

class Resume : public ::testing::TestWithParam<int> {};

// 50 samples in batches of 8: 7 batches an epoch, the last one short.
TEST_P(Resume, FromAnyBatchEqualsTheRunThatWasNeverStopped) {
  const TemporaryFolder folder;
  const Program program = program_in(folder);
  program.run_until(GetParam());
  expect_same(program.run_to_the_end(true), whole());
}
INSTANTIATE_TEST_SUITE_P(Batches, Resume, ::testing::Values(2, 6, 7, 8, 15, 21));

TEST(ResumeOnce, KilledAgainAndAgain) {
  const TemporaryFolder folder;
  const Program program = program_in(folder);
  program.run_until(3);
  for (int i = 0; i < 3; ++i) program.run_until(5, true);
  expect_same(program.run_to_the_end(true), whole());
}

TEST(ResumeOnce, FromACheckpointOfSomeBatchesAgo) {
  int number = 0;
  for (const CheckpointOptions& options :
       {CheckpointOptions{.every_batches = 5}, CheckpointOptions{}, CheckpointOptions{.every_seconds = 1e-9}}) {
    const TemporaryFolder folder;
    const Program program = program_in(folder, "p" + std::to_string(number++));
    EXPECT_THROW(program.run(12, false, options), Killed);
    expect_same(program.run_to_the_end(true, options), whole());
  }
}

TEST(ResumeOnce, AFinishedRunGivesItsHistoryAgain) {
  const TemporaryFolder folder;
  const Program program = program_in(folder);
  const Outcome first = program.run_to_the_end(false);
  expect_same(first, whole());
  expect_same(program.run_to_the_end(true), first);
}

TEST(ResumeOnce, ARunThatStoppedEarlyStaysStopped) {
  const TemporaryFolder folder;
  Program program = program_in(folder);
  program.patience = 1;
  program.epochs = 12;
  const Outcome first = program.run_to_the_end(false);
  ASSERT_LT(first.history.epoch.size(), 12u);
  expect_same(first, whole(program));
  expect_same(program.run_to_the_end(true), first);
}

TEST(ResumeOnce, WithoutACheckpointStartsFromTheBeginning) {
  const TemporaryFolder folder;
  expect_same(program_in(folder).run_to_the_end(true), whole());
}

TEST(ResumeOnce, RefusesAnotherTraining) {
  const TemporaryFolder folder;
  const auto data = clouds(30, 3);
  const auto fit = [&](std::int64_t rows, std::int64_t batch, bool shuffle, std::vector<CallbackPtr> callbacks,
                       std::vector<Metric> metrics, bool resume) {
    begin_program(3);
    Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
    model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = metrics});
    model.fit(data.x.slice(0, rows), data.y.slice(0, rows),
              {.epochs = 2,
               .batch_size = batch,
               .verbose = 0,
               .callbacks = callbacks,
               .shuffle = shuffle,
               .checkpoint = {.directory = folder.path("c")},
               .resume = resume});
  };
  fit(30, 8, true, {}, {}, false);
  EXPECT_THROW(fit(29, 8, true, {}, {}, true), ValueError);
  EXPECT_THROW(fit(30, 9, true, {}, {}, true), ValueError);
  EXPECT_THROW(fit(30, 8, false, {}, {}, true), ValueError);
  EXPECT_THROW(fit(30, 8, true, {callbacks::TerminateOnNaN()}, {}, true), ValueError);
  EXPECT_THROW(fit(30, 8, true, {}, {"accuracy"}, true), ValueError);
  EXPECT_NO_THROW(fit(30, 8, true, {}, {}, true));
}

}  // namespace
}  // namespace shoal
