#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <thread>

#include "tests/model/plan/models.h"
#include "tests/worker/fake_client.h"
#include "worker/remote_updater.h"

// Computing and communicating at once, with a real plan: variables 0 and 1 are the first layer's, 6 and 7 the last's.
namespace shoal::worker {
namespace {

using plan::Options;
using testing::cnn_batch;
using testing::run_once;
using testing::TracedStep;

// As fit does it.
class Forward : public plan::Observer {
 public:
  explicit Forward(train::ParameterUpdater& updater) : updater_(updater) {}
  void before_forward(int v) override {
    if (on_forward) on_forward(v);
    updater_.before_forward(v);
  }
  void before_gradient_write(int v) override {
    if (on_write) on_write(v);
    updater_.before_gradient_write(v);
  }
  void gradient_ready(int v) override { updater_.gradient_ready(v); }
  std::function<void(int)> on_forward, on_write;

 private:
  train::ParameterUpdater& updater_;
};

// A traced step, its plan, and an updater over a client that the test plays.
struct Worker {
  explicit Worker(std::int64_t wide, std::size_t bucket_bytes)
      : step(testing::traced_cnn(DType::kFloat32, wide)),
        plan(step.compile({.threads = 1, .order = Options::Order::kLayerFirst})) {
    auto fake = std::make_unique<FakeClient>(1 << 16);
    client = fake.get();
    updater = make_remote_updater(std::make_shared<Connection>(std::move(fake)), *step.space, {{"class_name", "SGD"}},
                                  {.bucket_bytes = bucket_bytes});
    updater->publish_weights();
  }
  testing::Left train(Forward& observer, std::int64_t number) {
    updater->begin_step({number, 1});
    auto left = run_once(step, *plan, cnn_batch(1), &observer, number);
    updater->step_done();
    return left;
  }

  TracedStep step;
  std::unique_ptr<plan::Plan> plan;
  FakeClient* client;
  std::unique_ptr<train::ParameterUpdater> updater;
};

TEST(Overlap, TheFirstLayerHasRunWhileTheLastLayersWeightsAreWithheld) {
  testing::Left expected;
  {
    Worker undisturbed(16, 1);
    Forward observer(*undisturbed.updater);
    undisturbed.train(observer, 0);
    expected = undisturbed.train(observer, 1);
  }
  Worker worker(16, 1);
  worker.client->answer_at_once = false;
  Forward observer(*worker.updater);
  worker.train(observer, 0);
  const auto pushes = worker.client->pushes;
  std::vector<FakeClient::Push> withheld;
  for (const auto& push : pushes) {
    if (worker.client->variables(push).front() >= 6)
      withheld.push_back(push);
    else
      worker.client->answer(push);
  }
  ASSERT_EQ(withheld.size(), 2u);
  // The moment the last layer's kernel is asked for, the first layer's no longer matters: its output is there.
  std::atomic<bool> waiting{false};
  observer.on_forward = [&](int v) {
    if (v != 6) return;
    Variable& first = worker.step.weights[0];
    std::fill_n(static_cast<float*>(first.data()), first.size(), NAN);
    waiting = true;
  };
  auto second = std::async(std::launch::async, [&] { return worker.train(observer, 1); });
  for (int i = 0; i < 1000 && !waiting; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(waiting);
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  for (const auto& push : withheld) worker.client->answer(push);
  const auto left = second.get();
  EXPECT_EQ(left.loss, expected.loss);
  EXPECT_EQ(left.probabilities, expected.probabilities);
}

TEST(Overlap, TheLastLayersGradientLeavesBeforeTheFirstLayersBackwardHasBegun) {
  for (const auto& [wide, bucket_bytes] : {std::pair{16, std::size_t{1}}, {600, std::size_t{64} << 10}}) {
    Worker worker(wide, bucket_bytes);
    std::vector<std::string> events;
    worker.client->on_push = [&](const FakeClient::Push& push) {
      for (const int v : worker.client->variables(push)) events.push_back("sent " + std::to_string(v));
    };
    Forward observer(*worker.updater);
    observer.on_write = [&](int v) { events.push_back("begun " + std::to_string(v)); };
    worker.train(observer, 0);
    const auto place = [&](const std::string& event) {
      return std::find(events.begin(), events.end(), event) - events.begin();
    };
    ASSERT_THAT(events, ::testing::IsSupersetOf({"sent 6", "sent 7", "begun 0", "begun 1", "sent 0"}));
    EXPECT_LT(place("sent 6"), place("begun 0")) << wide;
    EXPECT_LT(place("sent 7"), place("begun 0")) << wide;
    EXPECT_LT(place("sent 6"), place("begun 1")) << wide;
    EXPECT_LT(place("begun 0"), place("sent 0")) << wide;
  }
}

}  // namespace
}  // namespace shoal::worker
