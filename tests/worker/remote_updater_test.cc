#include "worker/remote_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <numeric>

#include "tests/worker/fake_client.h"

namespace shoal::worker {
namespace {

using ::testing::ElementsAre;

class RemoteUpdaterTest : public ::testing::Test {
 protected:
  // Variables of 40, 3, 100 and 7 elements; weights of variable v are v.
  RemoteUpdaterTest() {
    std::vector<Variable> variables;
    for (std::size_t v = 0; v < kSizes.size(); ++v)
      variables.emplace_back(
          Tensor(std::vector<float>(kSizes[v], static_cast<float>(v)), Shape{static_cast<std::int64_t>(kSizes[v])}),
          fmt::format("v{}", v));
    space_ = ParameterSpace(variables, heap_arena);
    auto client = std::make_unique<FakeClient>();
    client_ = client.get();
    connection_ = std::make_shared<Connection>(std::move(client));
  }

  std::unique_ptr<train::ParameterUpdater> open(std::size_t bucket_bytes) {
    auto updater = make_remote_updater(connection_, space_, {{"class_name", "SGD"}}, {.bucket_bytes = bucket_bytes});
    updater->publish_weights();
    return updater;
  }
  float* weights(int v) { return static_cast<float*>(space_.entries()[static_cast<std::size_t>(v)].variable.data()); }
  float* gradient(int v) {
    return static_cast<float*>(space_.entries()[static_cast<std::size_t>(v)].variable.gradient());
  }
  void announce(train::ParameterUpdater& updater, const std::vector<int>& order) {
    for (const int v : order) {
      updater.before_gradient_write(v);
      std::iota(gradient(v), gradient(v) + kSizes[static_cast<std::size_t>(v)], 1.0F);
      updater.gradient_ready(v);
    }
  }

  const std::vector<std::size_t> kSizes{40, 3, 100, 7};
  ParameterSpace space_;
  FakeClient* client_;
  std::shared_ptr<Connection> connection_;
};

TEST_F(RemoteUpdaterTest, EveryElementGoesOutAndComesBackToItsPlace) {
  auto updater = open(1);
  updater->begin_step({5, 0.25});
  announce(*updater, {3, 2, 1, 0});
  updater->step_done();
  updater->all_current();
  for (int v = 0; v < 4; ++v)
    for (std::size_t i = 0; i < kSizes[static_cast<std::size_t>(v)]; ++i)
      EXPECT_EQ(weights(v)[i], static_cast<float>(v) - static_cast<float>(i + 1)) << v << " " << i;
  for (const auto& push : client_->pushes) {
    EXPECT_EQ(push.iteration, 5);
    EXPECT_EQ(push.learning_rate, 0.25);
    EXPECT_EQ(push.step, 0);
  }
}

TEST_F(RemoteUpdaterTest, ABucketLeavesAsSoonAsItsLastGradientIsReady) {
  auto updater = open(44);  // {0}, {1}, {2}, {3}: 7 + 100 and 100 + 3 elements are too large together, 3 + 40 too
  updater->begin_step({});
  announce(*updater, {3});
  ASSERT_EQ(client_->pushes.size(), 1u);
  EXPECT_THAT(client_->variables(client_->pushes[0]), ElementsAre(3));
  announce(*updater, {2});
  ASSERT_EQ(client_->pushes.size(), 2u);
  EXPECT_THAT(client_->variables(client_->pushes[1]), ElementsAre(2));
}

TEST_F(RemoteUpdaterTest, SmallVariablesShareABucketInAnyOrder) {
  auto updater = open(300);  // {0, 1}, {2}, {3}
  updater->begin_step({});
  announce(*updater, {3, 0});
  EXPECT_EQ(client_->pushes.size(), 1u);
  announce(*updater, {1});
  ASSERT_EQ(client_->pushes.size(), 2u);
  EXPECT_THAT(client_->variables(client_->pushes[1]), ElementsAre(0, 1));
}

TEST_F(RemoteUpdaterTest, AVariableWithoutGradientDoesNotHoldItsBucketBack) {
  auto updater = open(1 << 16);  // all in one
  updater->begin_step({});
  announce(*updater, {3, 2, 0});
  EXPECT_TRUE(client_->pushes.empty());
  updater->step_done();
  ASSERT_EQ(client_->pushes.size(), 1u);
  EXPECT_THAT(client_->variables(client_->pushes[0]), ElementsAre(0, 2, 3));
  updater->all_current();
  EXPECT_EQ(weights(1)[0], 1.0F);
  EXPECT_EQ(weights(2)[0], 1.0F);
}

TEST_F(RemoteUpdaterTest, ForwardWaitsForItsOwnVariableOnly) {
  auto updater = open(1);
  client_->answer_at_once = false;
  updater->begin_step({});
  announce(*updater, {3, 2, 1, 0});
  updater->step_done();
  const auto held = client_->pushes;
  client_->answer(held[3]);  // variable 0
  updater->before_forward(0);
  EXPECT_EQ(weights(0)[0], -1.0F);

  auto last = std::async(std::launch::async, [&] {
    updater->before_forward(3);
    return weights(3)[0];
  });
  EXPECT_EQ(last.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout) << "its answer is withheld";
  client_->answer(held[0]);
  EXPECT_EQ(last.get(), 2.0F);
  client_->answer(held[1]);
  client_->answer(held[2]);
  updater->all_current();
}

TEST_F(RemoteUpdaterTest, ALostServerEndsTheWait) {
  auto updater = open(1);
  client_->answer_at_once = false;
  updater->begin_step({});
  announce(*updater, {3});
  auto wait = std::async(std::launch::async, [&] { updater->before_forward(3); });
  client_->lost = true;
  EXPECT_THROW(wait.get(), PeerError);
}

TEST_F(RemoteUpdaterTest, MemoryOutlivesAnUpdaterWhoseAnswerIsStillToCome) {
  client_->answer_at_once = false;
  auto updater = open(1);
  updater->begin_step({});
  announce(*updater, {3});
  const auto held = client_->pushes;
  updater.reset();
  space_ = ParameterSpace();
  client_->answer(held[0]);  // a sanitizer tells if this writes into freed memory
  EXPECT_EQ(connection_->retained.size(), 1u);
}

TEST_F(RemoteUpdaterTest, StepsAreNumberedAndSlotsReadWhole) {
  auto updater = open(1);
  for (int step = 0; step < 3; ++step) {
    updater->begin_step({});
    announce(*updater, {3});
    updater->step_done();
    EXPECT_EQ(client_->pushes.back().step, step);
  }
  std::vector<float> values(100);
  std::iota(values.begin(), values.end(), 0.0F);
  updater->write_slot(2, 0, values.data());
  std::vector<float> back(100);
  updater->read_slot(2, 0, back.data());
  EXPECT_EQ(back, values);
}

}  // namespace
}  // namespace shoal::worker
