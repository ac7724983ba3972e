// A whole step of a worker (plan, updater, client) and of its servers allocates nothing once steps are under way.
// Sanitizers have their own malloc, so there this file holds nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include "common/io/shared_memory.h"
#include "tests/model/plan/models.h"
#include "tests/ps/cluster.h"
#include "tests/support/allocations.h"
#include "worker/remote_updater.h"
#include "worker/run_context.h"
#include "worker/shared_updater.h"

namespace shoal::worker {
namespace {

class Forward : public plan::Observer {
 public:
  explicit Forward(train::ParameterUpdater& updater) : updater_(updater) {}
  void before_forward(int v) override { updater_.before_forward(v); }
  void before_gradient_write(int v) override { updater_.before_gradient_write(v); }
  void gradient_ready(int v) override { updater_.gradient_ready(v); }

 private:
  train::ParameterUpdater& updater_;
};

TEST(Allocation, TheCounterCounts) {
  testing::start_counting();
  testing::allocate_a_little();
  EXPECT_EQ(testing::stop_counting(), 4);
}

// Dropout is in the network; batches are full, short and empty in turn.
void expect_none(testing::TracedStep& step, train::ParameterUpdater& updater, int threads) {
  const auto plan = step.compile({.threads = threads, .order = plan::Options::Order::kLayerFirst});
  updater.publish_weights();
  Forward observer(updater);
  const testing::Batch full = testing::cnn_batch(32), part = testing::cnn_batch(5), none = testing::cnn_batch(0);
  const std::vector<std::vector<const void*>> inputs{full.inputs(), part.inputs(), none.inputs()};
  const std::vector<std::int64_t> rows{32, 5, 0};
  constexpr int kSteps = 120, kWarm = 60;
  for (int i = 0; i < kSteps; ++i) {
    if (i == kWarm) {
      updater.all_current();
      testing::start_counting();
    }
    const auto at = static_cast<std::size_t>(i % 3);
    updater.begin_step({i, 0.001});
    plan->run(inputs[at], {rows[at], i, 0, 1.0 / 32}, &observer);
    updater.step_done();
  }
  updater.all_current();
  EXPECT_EQ(testing::stop_counting(), 0) << threads << " threads";
}

TEST(Allocation, AStepOfAWorkerAndItsServersMakesNone) {
  for (const int threads : {1, 2}) {
    ps::Cluster cluster(1, 2);
    auto connection = std::make_shared<Connection>(cluster.connect(0));
    testing::TracedStep step = testing::traced_cnn(DType::kFloat32, 600);
    expect_none(step, *make_remote_updater(connection, *step.space, {{"class_name", "Adam"}}, {}), threads);
    connection->client->finish();
  }
}

TEST(Allocation, AStepInTwoHalvesMakesNone) {
  for (const char* limit : {"clipnorm", "global_clipnorm"}) {
    ps::Cluster cluster(1, 2);
    auto connection = std::make_shared<Connection>(cluster.connect(0));
    testing::TracedStep step = testing::traced_cnn(DType::kFloat32, 600);
    const nlohmann::json rule = {{"class_name", "Adam"}, {limit, 0.5}};
    expect_none(step, *make_remote_updater(connection, *step.space, rule, {}), 1);
    connection->client->finish();
  }
}

TEST(Allocation, AStepThatWorkersApplyMakesNone) {
  for (const Transport transport : {Transport::tcp, Transport::shared_memory})
    for (const int threads : {1, 2}) {
      ps::Cluster cluster(1, 2, 30, 1);
      auto connection = std::make_shared<Connection>(cluster.connect(0));
      const auto context = make_run_context(connection, {.transport = transport, .update = Update::worker});
      testing::TracedStep step = testing::traced_cnn(DType::kFloat32, 600);
      std::vector<Variable> variables;
      for (const auto& entry : step.space->entries()) variables.push_back(entry.variable);
      *step.space = ParameterSpace(variables, context->arena_allocator());
      expect_none(step, *context->make_updater(*step.space, {{"class_name", "Adam"}, {"clipnorm", 0.5}}), threads);
      connection->client->finish();
    }
}

void expect_none_in_shared_memory(const nlohmann::json& rule) {
  for (const int threads : {1, 2}) {
    ps::Cluster cluster(1, 2, 30, 1);
    auto connection = std::make_shared<Connection>(cluster.connect(0));
    testing::TracedStep step = testing::traced_cnn(DType::kFloat32, 600);
    std::vector<Variable> variables;
    for (const auto& entry : step.space->entries()) variables.push_back(entry.variable);
    *step.space = ParameterSpace(variables, [](std::size_t bytes) { return Arena{io::allocate_pages(bytes), bytes}; });
    std::string why;
    const auto updater = make_shared_updater(connection, *step.space, rule, {}, why);
    ASSERT_NE(updater, nullptr) << why;
    expect_none(step, *updater, threads);
    connection->client->finish();
  }
}

TEST(Allocation, AStepInSharedMemoryMakesNone) {
  expect_none_in_shared_memory({{"class_name", "Adam"}});
  expect_none_in_shared_memory({{"class_name", "Adam"}, {"global_clipnorm", 0.5}});
}

}  // namespace
}  // namespace shoal::worker

#endif
