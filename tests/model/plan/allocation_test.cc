// Counts every allocation of every thread while armed. Sanitizers bring their own allocator: then there is no test.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include "model/plan/plan.h"
#include "tests/model/plan/models.h"
#include "tests/support/allocations.h"

namespace shoal {
namespace {

using plan::Options;

struct Silent : plan::Observer {
  void before_forward(int) override {}
  void before_gradient_write(int) override {}
  void gradient_ready(int) override {}
};

TEST(Allocation, TheCounterCounts) {
  testing::start_counting();
  testing::allocate_a_little();
  EXPECT_EQ(testing::stop_counting(), 4);
}

TEST(Allocation, AReplayedStepAllocatesNothing) {
  for (std::int64_t wide : {16, 600})
    for (int threads : {1, 2, 3})
      for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst}) {
        testing::TracedStep step = testing::traced_cnn(DType::kFloat32, wide);
        const auto plan = step.compile({.threads = threads, .order = order});
        Silent observer;
        const testing::Batch full = testing::cnn_batch(32), brief = testing::cnn_batch(5), none = testing::cnn_batch(0);
        const auto inputs = full.inputs(), brief_inputs = brief.inputs(), none_inputs = none.inputs();
        plan->run(inputs, {32, 0, 0, 1.0 / 32}, &observer);
        testing::start_counting();
        for (int i = 1; i < 20; ++i) {
          plan->run(inputs, {32, i, 0, 1.0 / 32}, &observer);
          plan->run(brief_inputs, {5, i, 0, 1.0 / 5}, nullptr);
          plan->run(none_inputs, {0, i, 0, 1.0 / 5}, &observer);
        }
        EXPECT_EQ(testing::stop_counting(), 0) << threads << " threads, wide " << wide;
      }
}

}  // namespace
}  // namespace shoal

#endif
