#include "worker/buckets.h"

#include <gtest/gtest.h>

#include <utility>

namespace shoal::worker {
namespace {

std::vector<std::pair<int, int>> plan(const std::vector<std::size_t>& bytes) {
  std::vector<std::pair<int, int>> result;
  for (const Bucket& bucket : plan_buckets(bytes, 100)) result.emplace_back(bucket.first, bucket.last);
  return result;
}

TEST(BucketsTest, SmallNeighboursJoinFromTheEndBigOnesStandAlone) {
  using Result = std::vector<std::pair<int, int>>;
  EXPECT_EQ(plan({}), Result{});
  EXPECT_EQ(plan({500}), (Result{{0, 1}}));
  EXPECT_EQ(plan({10, 20, 30}), (Result{{0, 3}}));
  EXPECT_EQ(plan({10, 20, 101, 30, 70}), (Result{{0, 2}, {2, 3}, {3, 5}}));
  EXPECT_EQ(plan({60, 60, 40}), (Result{{0, 1}, {1, 3}}));
  EXPECT_EQ(plan({100, 1, 0}), (Result{{0, 1}, {1, 3}}));
}

}  // namespace
}  // namespace shoal::worker
