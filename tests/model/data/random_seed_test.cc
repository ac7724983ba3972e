#include "model/data/random_seed.h"

#include <gtest/gtest.h>

#include "common/base/random.h"

namespace shoal::utils {
namespace {

TEST(RandomSeed, StartsAllStreamsAnew) {
  set_random_seed(7);
  EXPECT_EQ(random::global_seed(), 7u);
  const auto first = random::next_stream();
  EXPECT_NE(random::next_stream(), first);
  set_random_seed(7);
  EXPECT_EQ(random::next_stream(), first);
}

}  // namespace
}  // namespace shoal::utils
