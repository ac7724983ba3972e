#include "model/plan/packing.h"

#include <gtest/gtest.h>

#include <random>

namespace shoal::plan {
namespace {

TEST(Packing, NothingOverlapsAndLittleIsWasted) {
  std::minstd_rand random(7);
  for (int time = 0; time < 100; ++time) {
    std::vector<Lifetime> all;
    for (int i = 0; i < 30; ++i) {
      const int first = static_cast<int>(random() % 40);
      all.push_back({64 * (1 + random() % 1000), first, first + static_cast<int>(random() % 10), 0});
    }
    const std::size_t least = most_live(all), bytes = pack(all);
    EXPECT_GE(bytes, least);
    EXPECT_LE(static_cast<double>(bytes), 1.1 * static_cast<double>(least));
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_LE(all[i].offset + all[i].bytes, bytes);
      for (std::size_t j = 0; j < i; ++j) {
        const bool meet = all[i].first <= all[j].last && all[j].first <= all[i].last;
        const bool apart =
            all[i].offset + all[i].bytes <= all[j].offset || all[j].offset + all[j].bytes <= all[i].offset;
        EXPECT_TRUE(!meet || apart);
      }
    }
  }
}

TEST(Packing, KnowsTheMostThatIsAlive) {
  EXPECT_EQ(most_live({{64, 0, 2, 0}, {128, 2, 3, 0}, {256, 3, 4, 0}}), 384u);
  std::vector<Lifetime> none;
  EXPECT_EQ(pack(none), 0u);
}

}  // namespace
}  // namespace shoal::plan
