#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/viz/progress_bar.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

TEST(ProgressBar, LooksAsKerass) {
  viz::ProgressBar bar(1563, 1);
  const Logs logs = {{"accuracy", 0.348}, {"loss", 1.7562}};
  EXPECT_EQ(bar.bar_text(313, logs, 1.9, 0.006, false),
            "\r\x1b[1m 313/1563\x1b[0m \x1b[32m━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m7s\x1b[0m 6ms/step - "
            "accuracy: "
            "0.3480 - loss: 1.7562");
  // Redrawn over what stood there: as many steps back as it was wide, the rest blanked out.
  const std::string last = bar.bar_text(1563, {{"loss", 0.0004}}, 9.7, 0.0062, true);
  EXPECT_THAT(last, ::testing::StartsWith(std::string(76, '\b') + "\r\x1b[1m1563/1563\x1b[0m \x1b[32m"));
  EXPECT_THAT(last, ::testing::EndsWith("\x1b[1m10s\x1b[0m 6ms/step - loss: 4.0000e-04              \n"));
}

TEST(ProgressBar, IsOneLineInAPipe) {
  const viz::ProgressBar bar(1563, 2);
  const Logs logs = {
      {"accuracy", 0.4521}, {"learning_rate", 0.001}, {"loss", 1.5102}, {"val_accuracy", 0.5502}, {"val_loss", 1.2546}};
  EXPECT_EQ(bar.line_text(1563, logs, 10.2, 0.0061),
            "1563/1563 - 10s - 6ms/step - accuracy: 0.4521 - loss: 1.5102 - val_accuracy: 0.5502 - val_loss: 1.2546 - "
            "learning_rate: 1.0000e-03\n");
}

TEST(ProgressBar, TellsTimesAsKerasDoes) {
  viz::ProgressBar bar(1000, 1);
  const auto eta = [&](double step) { return bar.bar_text(0, {}, 0, step, false); };
  EXPECT_THAT(eta(10), ::testing::HasSubstr("\x1b[1m2:46:40\x1b[0m 10s/step"));
  EXPECT_THAT(eta(0.1), ::testing::HasSubstr("\x1b[1m1:40\x1b[0m 100ms/step"));
  EXPECT_THAT(eta(0.00005), ::testing::HasSubstr("\x1b[1m0s\x1b[0m 50us/step"));
}

TEST(ProgressBar, FitPrintsALineForEachEpochIntoAPipe) {
  const auto data = testing::clouds(20, 3);
  Sequential model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  ::testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.epochs = 2, .batch_size = 10, .verbose = 2});
  EXPECT_THAT(::testing::internal::GetCapturedStdout(),
              ::testing::MatchesRegex("Epoch 1/2\n2/2 - 0s - [0-9]+.s/step - loss: [0-9.]+\nEpoch 2/2\n2/2 - 0s - "
                                      "[0-9]+.s/step - loss: [0-9.]+\n"));
  ::testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

TEST(Summary, IsKerass) {
  testing::begin_program(0);
  Sequential model({layers::Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {32, 32, 3}}),
                    layers::MaxPooling2D({2, 2}), layers::Flatten(),
                    layers::Dense(10, {.name = "a_name_that_is_far_too_long_for_its_column"})});
  EXPECT_EQ(model.summary_text(76), R"(Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                 │ (None, 30, 30, 32)     │           896 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)    │ (None, 15, 15, 32)     │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ (None, 7200)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ a_name_that_is_far_too_long_fo… │ (None, 10)             │        72,010 │
│ (Dense)                         │                        │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 72,906 (284.79 KB)
 Trainable params: 72,906 (284.79 KB)
 Non-trainable params: 0 (0.00 B)
)");
}

}  // namespace
}  // namespace shoal
