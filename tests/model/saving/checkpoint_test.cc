#include "model/saving/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>

#include "common/base/error.h"
#include "common/io/hdf5.h"
#include "model/saving/checkpoint_seal.h"
#include "tests/common/io/scratch.h"
#include "tests/model/saving/support.h"

namespace shoal::saving {
namespace {

using ::testing::HasSubstr;
using namespace shoal::testing;

TrainingState some_state(std::int64_t step) {
  TrainingState state;
  state.epoch = 2;
  state.batch = 17;
  state.step = step;
  state.iterations = step - 1;
  state.learning_rate = 0.1 + 1e-17;
  state.seed = std::numeric_limits<std::uint64_t>::max();
  state.global_batch = 33;
  state.samples = 60000;
  state.shuffle = false;
  state.workers = 3;
  state.metric_sums = {{0.1, -0.0, 1e-320}, {}, {std::nan(""), std::numeric_limits<double>::infinity()}};
  state.history.epoch = {0, 1};
  state.history.history = {{"loss", {std::nan(""), -std::numeric_limits<double>::infinity()}}, {"größe", {1.0 / 3, 2}}};
  state.callbacks =
      nlohmann::json::array({{{"best", std::numeric_limits<double>::infinity()}, {"wait", 3}, {"name", "nan"}}, {}});
  state.kernel_level = "avx2";
  state.own = {.weights = {1, 4}, .values = {std::string("a\0b", 3), "\xff", ""}};
  return state;
}

void expect_same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i])) {
      EXPECT_TRUE(std::isnan(b[i]));
    } else {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i])) << a[i] << " " << b[i];
    }
  }
}

std::unique_ptr<Sequential> trained(int steps = 3) {
  auto model = small_model();
  compile(*model);
  train_a_little(*model, steps);
  return model;
}

TEST(Checkpoint, EverythingComesBackBitForBit) {
  const Scratch scratch;
  const auto model = trained();
  const TrainingState state = some_state(120);
  const std::string path = write_checkpoint(scratch / "kept", *model, state, 2);
  EXPECT_EQ(path, scratch / "kept/step-120.weights.h5");
  const auto other = small_model();
  compile(*other);
  const auto got = restore_newest(scratch / "kept", *other);
  ASSERT_TRUE(got);
  EXPECT_EQ(weights_of(*other), weights_of(*model));
  EXPECT_EQ(slots_of(*other, 2), slots_of(*model, 2));
  EXPECT_EQ(other->optimizer().iterations, 119);
  EXPECT_EQ(other->optimizer().learning_rate, state.learning_rate);
  EXPECT_EQ(got->epoch, 2);
  EXPECT_EQ(got->batch, 17);
  EXPECT_EQ(got->step, 120);
  EXPECT_EQ(got->iterations, 119);
  EXPECT_EQ(got->seed, state.seed);
  EXPECT_EQ(got->own.weights, state.own.weights);
  EXPECT_EQ(got->own.values, state.own.values);
  EXPECT_EQ(got->global_batch, 33);
  EXPECT_EQ(got->samples, 60000);
  EXPECT_FALSE(got->shuffle);
  EXPECT_EQ(got->workers, 3);
  EXPECT_EQ(got->kernel_level, "avx2");
  expect_same_bits({got->learning_rate}, {state.learning_rate});
  ASSERT_EQ(got->metric_sums.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) expect_same_bits(state.metric_sums[i], got->metric_sums[i]);
  EXPECT_EQ(got->history.epoch, state.history.epoch);
  ASSERT_EQ(got->history.history.size(), 2u);
  for (const auto& [name, values] : state.history.history) expect_same_bits(values, got->history.history.at(name));
  EXPECT_EQ(got->callbacks, state.callbacks);
}

TEST(Checkpoint, KeepsTheLastAndDropsLaterOnesOfAnotherRun) {
  const Scratch scratch;
  const auto model = trained();
  for (const int step : {10, 9000, 9, 100, 20}) {
    std::filesystem::path(write_checkpoint(scratch.path(), *model, some_state(step), 2));
    scratch.file("notes.txt", "not a checkpoint");
    scratch.file("step-x.weights.h5", "not a checkpoint either");
  }
  EXPECT_TRUE(std::filesystem::exists(scratch / "step-9.weights.h5"));  // 9000 and 100 were later than what came next
  EXPECT_TRUE(std::filesystem::exists(scratch / "step-20.weights.h5"));
  EXPECT_EQ(scratch.entries(), 4u);
  EXPECT_EQ(restore_newest(scratch.path(), *model)->step, 20);
}

TEST(Checkpoint, NothingThereIsNoError) {
  const Scratch scratch;
  const auto model = trained();
  EXPECT_FALSE(restore_newest(scratch.path(), *model));
  EXPECT_FALSE(restore_newest(scratch / "none", *model));
  EXPECT_THROW(restore_newest(scratch.file("file", ""), *model), IoError);
}

TEST(Checkpoint, DamagedNewestGivesTheOneBefore) {
  const Scratch scratch;
  const auto model = trained(2);
  const auto before = weights_of(*model);
  write_checkpoint(scratch.path(), *model, some_state(2), 2);
  train_a_little(*model, 1);
  write_checkpoint(scratch.path(), *model, some_state(3), 2);
  const std::string sound = scratch.text("step-3.weights.h5");
  std::string damaged = sound;
  damaged[sound.size() / 2] ^= 4;
  scratch.file("step-3.weights.h5", damaged);
  ::testing::internal::CaptureStderr();
  const auto got = restore_newest(scratch.path(), *model);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::AllOf(HasSubstr("warning"), HasSubstr("step-3.weights.h5: is damaged")));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->step, 2);
  EXPECT_EQ(weights_of(*model), before);
  scratch.file("step-2.weights.h5", "");
  EXPECT_THROW(restore_newest(scratch.path(), *model), IoError);
}

TEST(Checkpoint, EveryCutAndEveryFlippedByteIsFound) {
  const Scratch scratch;
  const std::string path = write_checkpoint(scratch.path(), *trained(), some_state(3), 2);
  const std::string sound = scratch.text("step-3.weights.h5");
  EXPECT_NO_THROW(describe_checkpoint(path));
  for (std::size_t length = 0; length < sound.size(); length += 97) {
    scratch.file("step-3.weights.h5", sound.substr(0, length));
    EXPECT_THROW(describe_checkpoint(path), IoError) << length;
  }
  for (std::size_t i = 0; i < sound.size(); i += i < 1024 ? 1 : 7) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    scratch.file("step-3.weights.h5", damaged);
    EXPECT_THROW(describe_checkpoint(path), IoError) << i;
  }
  scratch.file("step-3.weights.h5", sound + "x");
  EXPECT_THROW(describe_checkpoint(path), IoError);
}

// A dataset whose bytes changed behind a seal that was renewed: its own checksum tells, and which it is.
TEST(Checkpoint, ChecksumOfADatasetNamesIt) {
  const Scratch scratch;
  const auto model = trained();
  const std::string path = write_checkpoint(scratch.path(), *model, some_state(3), 2);
  std::string bytes = scratch.text("step-3.weights.h5");
  const auto kernel = model->get_weights()[3];
  const std::string_view raw(static_cast<const char*>(kernel.raw()), kernel.bytes());
  const auto place = bytes.find(raw);
  ASSERT_NE(place, std::string::npos);
  bytes[place + 1] ^= 1;
  scratch.file("step-3.weights.h5", bytes);
  write_seal(path);
  try {
    describe_checkpoint(path);
    FAIL();
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("step-3.weights.h5: /layers/dense_2/vars/0: differs from its checksum"));
  }
  EXPECT_THROW(restore_newest(scratch.path(), *model), IoError);
}

TEST(Checkpoint, AnotherModelIsRefused) {
  const Scratch scratch;
  write_checkpoint(scratch.path(), *trained(), some_state(3), 2);
  const auto wider = small_model(DType::kFloat32, 4), exact = small_model(DType::kFloat64), plain = small_model();
  compile(*wider);
  compile(*exact);
  compile(*plain, optimizers::SGD());
  for (Model* model : {wider.get(), exact.get(), plain.get()}) {
    const auto before = weights_of(*model);
    try {
      restore_newest(scratch.path(), *model);
      FAIL();
    } catch (const ValueError& error) {
      EXPECT_THAT(error.what(), HasSubstr("step-3.weights.h5: belongs to another model: "));
    }
    EXPECT_EQ(weights_of(*model), before);
  }
}

TEST(Checkpoint, FailedWriteLeavesNothingAndKeepsTheOld) {
  const Scratch scratch;
  const auto model = trained();
  write_checkpoint(scratch.path(), *model, some_state(3), 1);
  for (const rlim_t size : {0, 600, 3000, 9000}) {
    const FullDevice full(size);
    EXPECT_THROW(write_checkpoint(scratch.path(), *model, some_state(4), 1), IoError) << size;
    EXPECT_EQ(scratch.entries(), 1u);
  }
  EXPECT_EQ(restore_newest(scratch.path(), *model)->step, 3);
  EXPECT_THROW(write_checkpoint(scratch.file("file", "") + "/kept", *model, some_state(4), 1), IoError);
}

TEST(Checkpoint, DescriptionSaysWhatItHolds) {
  const Scratch scratch;
  const std::string text = describe_checkpoint(write_checkpoint(scratch.path(), *trained(), some_state(120), 2));
  EXPECT_THAT(text, HasSubstr("step 120, epoch 2, next batch 17"));
  EXPECT_THAT(text, HasSubstr("optimizer Adam: 119 iterations"));
  EXPECT_THAT(text, ::testing::ContainsRegex("/layers/dense/vars/0 +\\(5, 4\\) +float32"));
  EXPECT_THAT(text, HasSubstr("sound"));
  EXPECT_LT(text.find("/optimizer/vars/9 "), text.find("/optimizer/vars/10 "));
  EXPECT_THROW(describe_checkpoint(scratch / "none"), IoError);
  EXPECT_THROW(describe_checkpoint(scratch.path()), IoError);
}

}  // namespace
}  // namespace shoal::saving
