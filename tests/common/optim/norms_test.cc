#include "common/optim/norms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace shoal::optim {
namespace {

TEST(Norms, SumOfSquaresIsThatOfPlainAddition) {
  for (const std::size_t n : {0u, 1u, 7u, 8u, 1001u}) {
    std::vector<float> g(n);
    double expected = 0;
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = static_cast<float>(std::sin(static_cast<double>(i)));
      expected += static_cast<double>(g[i]) * g[i];
    }
    EXPECT_NEAR(sum_of_squares(n, g.data()), expected, 1e-12 * (1 + expected));
  }
}

TEST(Norms, ScalesOnlyWhatIsLongerThanItsLimit) {
  EXPECT_EQ(clip_scale(2, 3), 1);
  EXPECT_EQ(clip_scale(0, 3), 1);
  EXPECT_EQ(clip_scale(4, 3), 0.75);
  EXPECT_EQ(global_clip_scale(4, 3), 0.75);
  EXPECT_TRUE(std::isnan(global_clip_scale(std::numeric_limits<double>::infinity(), 3)));
  EXPECT_TRUE(std::isnan(clip_scale(std::nan(""), 3)));
}

}  // namespace
}  // namespace shoal::optim
