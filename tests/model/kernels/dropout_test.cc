#include "common/base/random.h"
#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

template <class T>
Array<T> dropped(const Table<T>& table, std::int64_t first_row, std::int64_t rows, std::int64_t elements, double rate) {
  Array<T> x(rows * elements), y(rows * elements, T(NAN));
  for (std::int64_t i = 0; i < x.size(); ++i) x[i] = T(1) + static_cast<T>(i % 7);
  DropoutArgs<T> args{.key = 0x123456789abcdefull, .first_row = first_row, .rows = rows, .elements = elements};
  args.threshold = static_cast<std::uint32_t>(rate * 0x1p32);
  args.scale = static_cast<T>(1 / (1 - rate));
  args.x = x.data();
  args.y = y.data();
  table.dropout(args);
  return y;
}

TEST(Dropout, EveryLevelDropsTheSameAndGivesTheSameBits) {
  for (const std::int64_t elements : {1, 3, 4, 16, 17, 31, 63, 64, 65, 127, 300, 6400})
    for (const std::int64_t first : {std::int64_t{0}, std::int64_t{5}, (std::int64_t{1} << 40) + 3}) {
      SCOPED_TRACE(elements);
      const Array<float> expected = dropped(*table_of_level("portable"), first, 3, elements, 0.3);
      const Array<double> as_double = dropped(table<double>(), first, 3, elements, 0.3);
      for (const auto* level : levels()) {
        const Array<float> actual = dropped(*level, first, 3, elements, 0.3);
        EXPECT_TRUE(actual.intact());
        for (std::int64_t i = 0; i < 3 * elements; ++i) {
          ASSERT_EQ(actual[i], expected[i]) << level->level << " " << i;
          ASSERT_EQ(actual[i] == 0, as_double[i] == 0) << i;
        }
      }
    }
}

TEST(Dropout, WordsAreThoseOfPhilox) {
  const Array<float> y = dropped(table<float>(), 9, 2, 10, 0.5);
  for (std::int64_t row = 0; row < 2; ++row)
    for (std::int64_t e = 0; e < 10; ++e) {
      const auto words =
          random::philox(0x123456789abcdefull, static_cast<std::uint64_t>(9 + row), static_cast<std::uint64_t>(e / 4));
      EXPECT_EQ(y[row * 10 + e] == 0, words[static_cast<std::size_t>(e % 4)] < 0x80000000u) << row << " " << e;
    }
}

TEST(Dropout, RatesAreMetAndNothingIsDroppedAtZero) {
  for (const double rate : {0.0, 0.1, 0.5, 0.9}) {
    const Array<float> y = dropped(table<float>(), 0, 100, 1000, rate);
    std::int64_t zeros = 0;
    for (std::int64_t i = 0; i < y.size(); ++i) zeros += y[i] == 0;
    EXPECT_NEAR(static_cast<double>(zeros) / 1e5, rate, 4 * std::sqrt(rate * (1 - rate) / 1e5)) << rate;
  }
}

TEST(Dropout, WhatIsDroppedIsZeroWhateverItWas) {
  for (const auto* level : levels()) {
    const float x[] = {NAN, INFINITY, -INFINITY, -1, NAN};
    float y[5];
    level->dropout({.rows = 1, .elements = 5, .threshold = 0xffffffffu, .scale = 2.0f, .x = x, .y = y});
    for (float value : y) EXPECT_EQ(value, 0) << level->level;
  }
}

}  // namespace
}  // namespace shoal::kernels::test
