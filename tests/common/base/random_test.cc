#include "common/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace shoal::random {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The known answers that come with Random123, the authors' own implementation.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox(0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  EXPECT_EQ(philox(kOnes, kOnes, kOnes), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  // Counter and key are the digits of pi, the first word in the low half.
  EXPECT_EQ(philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, NeighboursOfKeyAndCounterDiffer) {
  std::set<Words> seen;
  for (std::uint64_t i = 0; i < 8; ++i)
    for (std::uint64_t j = 0; j < 8; ++j)
      for (std::uint64_t k = 0; k < 8; ++k) seen.insert(philox(i, j, k));
  EXPECT_EQ(seen.size(), 512u);
}

TEST(Mix, DependsOnEveryNumberAndTheirOrder) {
  EXPECT_NE(mix(1, 2, 3), mix(2, 1, 3));
  EXPECT_NE(mix(1, 2, 3), mix(1, 3, 2));
  EXPECT_NE(mix(1, 2, 3), mix(1, 2, 4));
  EXPECT_EQ(mix(1, 2), mix(1, 2, 0));
}

TEST(Uniform, StaysBelowOneAtTheLargestWords) {
  EXPECT_EQ(uniform_float(0), 0.0f);
  EXPECT_EQ(uniform_float(0xffffffff), 1.0f - 0x1p-24f);
  EXPECT_EQ(uniform_double(0, 0), 0.0);
  EXPECT_EQ(uniform_double(0xffffffff, 0xffffffff), 1.0 - 0x1p-53);
}

TEST(Generator, ReadsTheBlocksOfItsStreamInOrder) {
  Generator generator(7, 3);
  for (std::uint64_t block = 0; block < 3; ++block)
    for (std::uint32_t word : philox(7, 3, block)) EXPECT_EQ(generator.next(), word);
}

TEST(Generator, ACopyGoesOnFromTheSamePlace) {
  Generator generator(1);
  generator.uniform();
  generator.next();
  Generator copy = generator;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(copy.next(), generator.next());
}

// Mean and variance of n draws lie within five standard errors.
TEST(Generator, UniformAndNormalHaveTheirMoments) {
  Generator generator(42);
  constexpr int kDraws = 200000;
  double uniform_sum = 0, uniform_squares = 0, normal_sum = 0, normal_squares = 0, normal_fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = generator.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform_sum += u;
    uniform_squares += (u - 0.5) * (u - 0.5);
    const double n = generator.normal();
    ASSERT_TRUE(std::isfinite(n));
    normal_sum += n;
    normal_squares += n * n;
    normal_fourth += n * n * n * n;
  }
  const double root = std::sqrt(kDraws);
  EXPECT_NEAR(uniform_sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12) / root);
  EXPECT_NEAR(uniform_squares / kDraws, 1.0 / 12, 5 * std::sqrt(1.0 / 180) / root);
  EXPECT_NEAR(normal_sum / kDraws, 0.0, 5 / root);
  EXPECT_NEAR(normal_squares / kDraws, 1.0, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(normal_fourth / kDraws, 3.0, 5 * std::sqrt(96.0) / root);
}

TEST(Generator, BelowIsUniformOverItsRange) {
  Generator generator(5);
  constexpr int kCells = 7, kDraws = 70000;
  std::vector<int> counts(kCells);
  for (int i = 0; i < kDraws; ++i) {
    const auto value = generator.below(kCells);
    ASSERT_LT(value, static_cast<std::uint64_t>(kCells));
    ++counts[value];
  }
  double chi_squared = 0;
  for (int count : counts) chi_squared += std::pow(count - kDraws / kCells, 2) / (kDraws / kCells);
  EXPECT_LT(chi_squared, 27.9);  // six degrees of freedom: one in ten thousand
  EXPECT_EQ(generator.below(1), 0u);
  // With a bound just above a half of all words, taking the rest of a division would favour small numbers two to one.
  constexpr std::uint64_t kBound = (std::uint64_t{1} << 63) + 1;
  int small = 0;
  for (int i = 0; i < 10000; ++i) small += generator.below(kBound) < kBound / 2;
  EXPECT_NEAR(small, 5000, 250);
}

TEST(GlobalSeed, SettingItStartsTheStreamsAnew) {
  set_global_seed(11);
  EXPECT_EQ(global_seed(), 11u);
  const auto first = next_stream(), second = next_stream();
  EXPECT_NE(first, second);
  set_global_seed(12);
  EXPECT_EQ(next_stream(), first);
  EXPECT_EQ(next_stream(), second);
  set_global_seed(0);
}

}  // namespace
}  // namespace shoal::random
