#include "model/callbacks/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "common/base/error.h"
#include "model/callbacks/file_pattern.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using testing::begin_program;
using testing::clouds;
using ::testing::ElementsAre;
using testing::TemporaryFolder;
using testing::weights_of;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Job {
  Job() : model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})}) {
    model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  }
  History run(std::vector<CallbackPtr> callbacks, int epochs) {
    return model.fit(data.x, data.y,
                     {.epochs = epochs, .batch_size = 5, .verbose = 0, .callbacks = std::move(callbacks)});
  }
  testing::Data data = clouds(12, 3);
  Sequential model;
};

// Puts a given value into the logs at the end of each epoch.
CallbackPtr script(std::vector<double> values) {
  return callbacks::LambdaCallback({.on_epoch_end = [values](int epoch, Logs& logs) {
    logs["val_loss"] = values.at(static_cast<std::size_t>(epoch));
  }});
}

TEST(Callbacks, AreCalledInKerasOrder) {
  Job job;
  std::string calls;
  struct Tests : Callback {
    explicit Tests(std::string& text) : calls(text) {}
    void on_test_begin() override { calls += " t["; }
    void on_test_end(const Logs& logs) override { calls += logs.count("loss") ? "]t" : "?"; }
    std::string& calls;
  };
  const auto lambda = callbacks::LambdaCallback(
      {.on_epoch_begin = [&](int epoch) { calls += " e" + std::to_string(epoch) + "["; },
       .on_epoch_end =
           [&](int epoch, Logs& logs) {
             calls += " ]e" + std::to_string(epoch) + (logs.count("val_accuracy") ? "v" : "");
           },
       .on_train_begin = [&] { calls += "["; },
       .on_train_end = [&](const Logs& logs) { calls += logs.count("loss") ? " ]" : " ?"; },
       .on_train_batch_begin = [&](int batch) { calls += " b" + std::to_string(batch); },
       .on_train_batch_end = [&](int, const Logs& logs) { calls += logs.count("accuracy") ? "." : "?"; }});
  job.model.fit(job.data.x, job.data.y,
                {.epochs = 2,
                 .batch_size = 5,
                 .verbose = 0,
                 .callbacks = {lambda, std::make_shared<Tests>(calls)},
                 .validation_data = {{job.data.x, job.data.y}}});
  EXPECT_EQ(calls, "[ e0[ b0. b1. b2. t[]t ]e0v e1[ b0. b1. b2. t[]t ]e1v ]");
}

TEST(Callbacks, StopTrainingEndsTheEpochAtOnce) {
  Job job;
  int batches = 0;
  struct Stopper : Callback {
    explicit Stopper(int& n) : count(n) {}
    void on_train_batch_end(int, const Logs&) override {
      if (++count == 4) model().stop_training = true;
    }
    int& count;
  };
  const auto history = job.run({std::make_shared<Stopper>(batches)}, 5);
  EXPECT_EQ(batches, 4);
  EXPECT_THAT(history.epoch, ElementsAre(0, 1));
}

TEST(Callbacks, LogsThatACallbackAddsAreInTheHistory) {
  Job job;
  EXPECT_THAT(job.run({script({3, 2})}, 2).history.at("val_loss"), ElementsAre(3, 2));
}

TEST(EarlyStopping, WaitsForPatienceEpochsWithoutImprovement) {
  const auto epochs_run = [](std::vector<double> values, const callbacks::EarlyStoppingOptions& options) {
    Job job;
    const int epochs = static_cast<int>(values.size());
    return job.run({script(std::move(values)), callbacks::EarlyStopping(options)}, epochs).epoch.size();
  };
  EXPECT_EQ(epochs_run({5, 4, 4, 3, 3, 3, 3}, {.patience = 2}), 6u);
  EXPECT_EQ(epochs_run({5, 6, 7, 8}, {}), 2u);  // patience 0 stops at the first
  EXPECT_EQ(epochs_run({5, 4, 3, 2}, {}), 4u);
  EXPECT_EQ(epochs_run({5, 4.9, 4.8, 4.7}, {.min_delta = 0.15, .patience = 2}), 4u);  // 4.8 is better than 5 by enough
  EXPECT_EQ(epochs_run({5, 4.9, 4.9, 4.9}, {.min_delta = 0.15, .patience = 2}), 3u);
  EXPECT_EQ(epochs_run({5, 6, 7, 4}, {.mode = "max"}), 4u);
  EXPECT_EQ(epochs_run({9, 9, 9, 9, 9}, {.patience = 1, .start_from_epoch = 2}), 4u);
  EXPECT_EQ(epochs_run({5, 5, 5, 5}, {.patience = 2, .baseline = 1}),
            2u);                                               // the first value does not beat it and so counts
  EXPECT_EQ(epochs_run({NAN, 5, 4, 3}, {.patience = 2}), 3u);  // the first value is the best, and nothing beats NaN
}

TEST(EarlyStopping, RestoresTheBestWeightsAlsoWhenNotStopped) {
  Job job;
  std::vector<std::vector<std::vector<double>>> at_end;
  const auto keep =
      callbacks::LambdaCallback({.on_epoch_end = [&](int, Logs&) { at_end.push_back(weights_of(job.model)); }});
  job.run({script({5, 2, 3}), keep, callbacks::EarlyStopping({.patience = 5, .restore_best_weights = true})}, 3);
  EXPECT_EQ(weights_of(job.model), at_end[1]);
  EXPECT_NE(weights_of(job.model), at_end[2]);
}

TEST(EarlyStopping, NeedsAModeItCanTell) {
  EXPECT_THROW(callbacks::EarlyStopping({.monitor = "distance"}), ValueError);
  EXPECT_THROW(callbacks::EarlyStopping({.mode = "up"}), ValueError);
  Job job;
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(job.run({callbacks::EarlyStopping({.monitor = "val_accuracy"})}, 2).epoch.size(), 2u);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::HasSubstr("'val_accuracy' is not among the logs: accuracy, loss"));
}

TEST(CSVLogger, WritesALineForEachEpoch) {
  const TemporaryFolder folder;
  Job job;
  const auto history = job.run({script({3, 2}), callbacks::CSVLogger(folder.path("log.csv"))}, 2);
  std::istringstream lines(text_of(folder.path("log.csv")));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "epoch,accuracy,loss,val_loss");
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::getline(lines, line);
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream cells(line);
    double values[4];
    for (double& value : values) cells >> value;
    EXPECT_EQ(values[0], epoch);
    EXPECT_DOUBLE_EQ(values[2], history.history.at("loss")[static_cast<std::size_t>(epoch)]);
    EXPECT_EQ(values[3], 3 - epoch);
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(CSVLogger, AppendsWithoutASecondHeader) {
  const TemporaryFolder folder;
  Job job;
  job.run({callbacks::CSVLogger(folder.path("log.csv"), {.separator = ';'})}, 1);
  const std::string first = text_of(folder.path("log.csv"));
  EXPECT_THAT(first, ::testing::StartsWith("epoch;accuracy;loss\n0;"));
  job.run({callbacks::CSVLogger(folder.path("log.csv"), {.separator = ';', .append = true})}, 1);
  const std::string both = text_of(folder.path("log.csv"));
  EXPECT_EQ(both.substr(0, first.size()), first);
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 3);
}

TEST(TerminateOnNaN, StopsAtTheBatch) {
  Job job;
  job.model.compile({.optimizer = optimizers::SGD({.learning_rate = 1e30}), .loss = "mse"});
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const Tensor y(std::vector<float>(36, 1e30f), {12, 3});
  const auto history = job.model.fit(
      job.data.x, y, {.epochs = 4, .batch_size = 5, .verbose = 0, .callbacks = {callbacks::TerminateOnNaN()}});
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "Batch 0: Invalid loss, terminating training\n");
  EXPECT_EQ(history.epoch.size(), 1u);
}

TEST(ModelCheckpoint, NamesItsFilesByPattern) {
  EXPECT_EQ(callbacks::fill_pattern("w.{epoch:02d}-{val_loss:.2f}.keras", 3, 1, {{"val_loss", 0.517}}),
            "w.03-0.52.keras");
  EXPECT_EQ(callbacks::fill_pattern("{epoch}_{batch}", 3, 12, {}), "3_12");
  EXPECT_THROW(callbacks::fill_pattern("{los}", 1, 1, {{"loss", 1}}), ValueError);
  EXPECT_THROW(callbacks::fill_pattern("{loss:q}", 1, 1, {{"loss", 1}}), ValueError);
  EXPECT_THROW(callbacks::fill_pattern("{loss", 1, 1, {{"loss", 1}}), ValueError);
  EXPECT_THROW(callbacks::ModelCheckpoint("a.h5"), ValueError);
  EXPECT_THROW(callbacks::ModelCheckpoint("a.keras", {.save_weights_only = true}), ValueError);
}

TEST(ModelCheckpoint, SavesEachEpochOrTheBestOrEveryFewBatches) {
  const TemporaryFolder folder;
  const auto saved = [&](const std::string& name) { return std::filesystem::exists(folder.path(name)); };
  Job job;
  job.run({script({3, 4, 2}), callbacks::ModelCheckpoint(folder.path("all{epoch}.keras")),
           callbacks::ModelCheckpoint(folder.path("best{epoch}.weights.h5"),
                                      {.save_best_only = true, .save_weights_only = true}),
           callbacks::ModelCheckpoint(folder.path("batch{epoch}_{batch}.weights.h5"),
                                      {.save_weights_only = true, .save_freq = 4})},
          3);
  EXPECT_TRUE(saved("all1.keras") && saved("all2.keras") && saved("all3.keras"));
  EXPECT_TRUE(saved("best1.weights.h5") && saved("best3.weights.h5"));
  EXPECT_FALSE(saved("best2.weights.h5"));
  EXPECT_TRUE(saved("batch2_1.weights.h5") && saved("batch3_2.weights.h5"));  // the 4th and the 8th of 9 batches
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 7);
  const auto final_weights = weights_of(job.model);
  job.model.load_weights(folder.path("best1.weights.h5"));
  EXPECT_NE(weights_of(job.model), final_weights);
  job.model.load_weights(folder.path("best3.weights.h5"));
  EXPECT_EQ(weights_of(job.model), final_weights);
}

}  // namespace
}  // namespace shoal
