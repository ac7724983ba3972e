#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "common/base/error.h"
#include "common/base/random.h"
#include "ps/client/client.h"

namespace shoal::ps {
namespace {

void expect_sound(const std::vector<std::size_t>& sizes, std::size_t element_bytes, int servers, std::size_t most) {
  const auto slices = plan_slices(sizes, element_bytes, servers, most);
  std::size_t variable = 0, offset = 0;
  std::vector<std::size_t> share(static_cast<std::size_t>(servers));
  const auto skip_finished = [&] {
    while (variable < sizes.size() && offset == sizes[variable]) ++variable, offset = 0;
  };
  skip_finished();
  for (const Slice& slice : slices) {
    ASSERT_EQ(static_cast<std::size_t>(slice.variable), variable);  // in order, without gaps or overlaps
    ASSERT_EQ(slice.offset, offset);
    ASSERT_GT(slice.size, 0u);
    EXPECT_EQ(slice.offset % 16, 0u);
    EXPECT_LE(slice.size * element_bytes, most);
    ASSERT_GE(slice.server, 0);
    ASSERT_LT(slice.server, servers);
    share[static_cast<std::size_t>(slice.server)] += slice.size * element_bytes;
    offset += slice.size;
    ASSERT_LE(offset, sizes[variable]);
    skip_finished();
  }
  EXPECT_EQ(variable, sizes.size());
  const auto [least, largest] = std::minmax_element(share.begin(), share.end());
  const std::size_t total = std::accumulate(share.begin(), share.end(), std::size_t{0});
  // Cuts are at blocks of 16: each variable may add one to the difference, or one for each round of pieces.
  const std::size_t blocks = 2 + sizes.size() + total / most;
  EXPECT_LE(*largest - *least, blocks * 16 * element_bytes) << servers << " servers, " << total << " bytes";
}

TEST(PlanSlices, RandomSizes) {
  random::Generator generator(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::size_t> sizes(generator.below(12));
    for (auto& size : sizes) size = generator.below(generator.below(2) ? 100 : 500000);
    const std::size_t element_bytes = generator.below(2) ? 4 : 8;
    expect_sound(sizes, element_bytes, 1 + static_cast<int>(generator.below(7)),
                 16 * element_bytes * (1 + generator.below(20000)));
  }
}

TEST(PlanSlices, CutsMayBeFurtherApart) {
  const std::vector<std::size_t> sizes{100, 70000, 3, 500000};
  for (int servers = 1; servers <= 5; ++servers) {
    std::size_t elements = 0;
    for (const Slice& slice : plan_slices(sizes, 4, servers, 1 << 18, 16384)) {
      EXPECT_EQ(slice.offset % 16384, 0u);
      EXPECT_LE(slice.size * 4, std::size_t{1} << 18);
      elements += slice.size;
    }
    EXPECT_EQ(elements, 570103u);
  }
  EXPECT_THROW(plan_slices(sizes, 4, 2, 1 << 18, 100), ValueError);
}

TEST(PlanSlices, ServersMayStayEmpty) {
  const auto slices = plan_slices(std::vector<std::size_t>{5}, 4, 8, 1 << 20);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0].size, 5u);
  EXPECT_TRUE(plan_slices({}, 4, 2, 1 << 20).empty());
}

TEST(PlanSlices, ALargeVariableIsSharedByAll) {
  const auto slices = plan_slices(std::vector<std::size_t>{1 << 20, 10}, 4, 2, 1 << 20);
  std::size_t share[2] = {};
  for (const Slice& slice : slices)
    if (slice.variable == 0) share[slice.server] += slice.size;
  EXPECT_EQ(share[0], share[1]);
}

TEST(PlanSlices, RefusesWhatCannotBe) {
  const std::vector<std::size_t> sizes = {100};
  EXPECT_THROW(plan_slices(sizes, 4, 0, 1 << 20), ValueError);
  EXPECT_THROW(plan_slices(sizes, 4, 1, 63), ValueError);
  EXPECT_NO_THROW(plan_slices(sizes, 4, 1, 64));
}

}  // namespace
}  // namespace shoal::ps
