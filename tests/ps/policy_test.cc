#include "ps/consistency/policy.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "common/base/random.h"

namespace shoal::ps {
namespace {

TEST(BulkSynchronous, ReleasesAllWhenTheLastHasCome) {
  const auto policy = make_bulk_synchronous(2, 3);
  EXPECT_FALSE(policy->on_push({0, 0, 5, 1}).apply);
  EXPECT_TRUE(policy->gathering(0));
  EXPECT_FALSE(policy->gathering(1));
  EXPECT_FALSE(policy->on_push({2, 0, 5, 1}).apply);
  EXPECT_FALSE(policy->on_pull({0, 0, 5, 1}));
  const Decision last = policy->on_push({1, 0, 5, 1});
  EXPECT_TRUE(last.apply);
  EXPECT_EQ(std::vector<std::uint32_t>(last.released.begin(), last.released.end()),
            (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(policy->on_pull({0, 0, 5, 1}));
  EXPECT_FALSE(policy->gathering(0));
}

TEST(BulkSynchronous, RepeatedAndLatePushesAreNeverCounted) {
  const auto policy = make_bulk_synchronous(1, 2);
  policy->on_push({0, 0, 1, 1});
  EXPECT_EQ(policy->on_push({0, 0, 1, 1}).verdict, Verdict::repeated);
  EXPECT_EQ(policy->on_push({0, 0, 1, 2}).verdict, Verdict::repeated);  // another frame, the same step
  EXPECT_TRUE(policy->on_push({1, 0, 1, 1}).apply);
  EXPECT_EQ(policy->on_push({1, 0, 1, 1}).verdict, Verdict::repeated);  // of the step just applied
  EXPECT_FALSE(policy->gathering(0));
  policy->on_push({0, 0, 2, 3});
  EXPECT_TRUE(policy->on_push({1, 0, 2, 2}).apply);
  EXPECT_EQ(policy->on_push({1, 0, 1, 9}).verdict, Verdict::late);
  policy->on_push({0, 0, 3, 4});
  EXPECT_EQ(policy->on_push({1, 0, 2, 2}).verdict, Verdict::repeated);
  EXPECT_EQ(policy->on_push({1, 0, 1, 10}).verdict, Verdict::late);
}

TEST(BulkSynchronous, StepsAheadAreRefused) {
  const auto policy = make_bulk_synchronous(1, 2);
  policy->on_push({0, 0, 1, 1});
  EXPECT_EQ(policy->on_push({0, 0, 2, 2}).verdict, Verdict::ahead);
  EXPECT_EQ(policy->on_push({1, 0, 2, 1}).verdict, Verdict::ahead);
  EXPECT_TRUE(policy->on_push({1, 0, 1, 2}).apply);
}

TEST(BulkSynchronous, AWriteLetsStepsBeginAnew) {
  const auto policy = make_bulk_synchronous(1, 2);
  policy->on_push({0, 0, 10, 1});
  EXPECT_FALSE(policy->on_write(0));
  policy->on_push({1, 0, 10, 1});
  EXPECT_EQ(policy->judge({0, 0, 3, 2}), Verdict::late);
  EXPECT_TRUE(policy->on_write(0));
  EXPECT_EQ(policy->judge({0, 0, 3, 1}), Verdict::repeated);  // a frame from before
  EXPECT_EQ(policy->judge({0, 0, 3, 2}), Verdict::counted);
}

TEST(BulkSynchronous, LeavingReleasesNobody) {
  const auto policy = make_bulk_synchronous(1, 2);
  EXPECT_TRUE(policy->on_join(0).released.empty());
  policy->on_push({0, 0, 1, 1});
  EXPECT_TRUE(policy->on_leave(1).released.empty());
  EXPECT_TRUE(policy->gathering(0));
}

// Whatever arrives in whatever order, each (worker, slice, step) counts once, and steps are applied in order.
TEST(BulkSynchronous, RandomTrafficCountsEachGradientOnce) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    random::Generator generator(seed);
    constexpr std::uint32_t kWorkers = 3;
    constexpr std::size_t kSlices = 4;
    const auto policy = make_bulk_synchronous(kSlices, kWorkers);
    std::map<std::pair<std::uint32_t, std::size_t>, std::int64_t> counted;
    std::vector<std::int64_t> applied(kSlices, -1);
    for (int event = 0; event < 3000; ++event) {
      const auto worker = static_cast<std::uint32_t>(generator.below(kWorkers));
      const auto slice = generator.below(kSlices);
      const auto step = static_cast<std::int64_t>(generator.below(3)) + applied[slice] - 1;
      if (step < 0) continue;
      const auto judged = policy->judge({worker, slice, step, static_cast<std::uint64_t>(step) + 1});
      const auto decision = policy->on_push({worker, slice, step, static_cast<std::uint64_t>(step) + 1});
      EXPECT_EQ(judged, decision.verdict);
      if (decision.verdict == Verdict::counted) {
        const auto before = counted.find({worker, slice});
        EXPECT_TRUE(before == counted.end() || before->second < step);
        counted[{worker, slice}] = step;
        EXPECT_EQ(step, applied[slice] + 1);
      }
      if (decision.apply) {
        for (std::uint32_t other = 0; other < kWorkers; ++other) EXPECT_EQ((counted[{other, slice}]), step);
        applied[slice] = step;
      }
    }
    for (const auto step : applied) EXPECT_GT(step, 10);
  }
}

}  // namespace
}  // namespace shoal::ps
