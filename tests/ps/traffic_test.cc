#include "ps/client/traffic.h"

#include <gtest/gtest.h>

namespace shoal::ps {
namespace {

TEST(Traffic, CountsBytesOfEachServer) {
  const Slice slices[] = {{0, 0, 32, 0}, {0, 32, 16, 2}, {1, 0, 16, 0}};
  const Load load = load_of(slices, 4, 3);
  EXPECT_EQ(load.bytes, (std::vector<std::size_t>{192, 0, 64}));
  EXPECT_EQ(load.slices, (std::vector<std::size_t>{2, 0, 1}));
  EXPECT_EQ(load.total, 256u);
  EXPECT_DOUBLE_EQ(load.imbalance(), 192 * 3 / 256.0);
  EXPECT_DOUBLE_EQ(load_of({}, 4, 2).imbalance(), 1);
}

TEST(Traffic, DedicatedServersHoldAStepUpWhenTheyAreFew) {
  const Slice slices[] = {{0, 0, 1000, 0}, {0, 1000, 1000, 1}};
  const Load load = load_of(slices, 4, 2);
  const Bound two = dedicated_bound(load, 2, 1e3), four = dedicated_bound(load, 4, 1e3);
  EXPECT_DOUBLE_EQ(two.seconds, 8);
  EXPECT_FALSE(two.servers);
  EXPECT_DOUBLE_EQ(four.seconds, 16);
  EXPECT_TRUE(four.servers);
}

// In units of M / B, by the formula and as published for n = 4 and n = 8.
TEST(Traffic, MixedServersAgreeWithPublishedFigures) {
  EXPECT_DOUBLE_EQ(colocated_seconds(1000, 4, 1000), 1.5);
  EXPECT_DOUBLE_EQ(mixed_seconds(1000, 4, 0, 1000), 1.5);
  EXPECT_NEAR(mixed_seconds(1000, 4, 1, 1000), 1.33, 0.01);
  EXPECT_NEAR(mixed_seconds(1000, 4, 2, 1000), 1.20, 0.01);
  EXPECT_DOUBLE_EQ(mixed_seconds(1000, 4, 4, 1000), 1);
  EXPECT_DOUBLE_EQ(mixed_seconds(1000, 4, 9, 1000), 1);
  EXPECT_NEAR(mixed_seconds(1000, 8, 4, 1000), 1.27, 0.01);
  EXPECT_DOUBLE_EQ(mixed_seconds(1000, 1, 1, 1000), 0);
}

TEST(Traffic, SharedMemoryTouchesGradientsAndWhatTheRuleKeeps) {
  EXPECT_EQ(shared_bytes(100, 2, 1), 400u);
  EXPECT_EQ(shared_bytes(100, 2, 3), 800u);
}

}  // namespace
}  // namespace shoal::ps
