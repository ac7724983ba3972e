#include <algorithm>
#include <memory>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

struct Size {
  std::int64_t queries, keys, size;
};

constexpr Size kSizes[] = {{1, 1, 1},    {3, 2, 5},   {5, 7, 3},     {14, 32, 8},
                           {15, 33, 16}, {29, 31, 4}, {20, 200, 32}, {7, 70, 300}};

enum Masks { kNone, kPairs, kKeys, kQueries, kKinds };

// What both kernels leave for one size and mask, on operands whose lines lie further apart than they are long.
template <class T>
struct Results {
  Array<T> weights, gradient, from_weights;

  Results(const Table<T>& table, const Size& s, Masks kind, bool adds, bool drops)
      : weights(s.queries * s.keys, T(NAN)), gradient(s.queries * s.keys, T(NAN)), from_weights(gradient) {
    const std::int64_t ld = s.size + 3;
    const Array<T> query = Array<T>::random(s.queries * ld, 1), key = Array<T>::random(s.keys * ld, 2);
    const Array<T> dvalues = Array<T>::random(s.queries * ld, 3), value = Array<T>::random(s.keys * ld, 4);
    const auto cells = static_cast<std::size_t>(s.queries * s.keys);
    const auto seen = std::make_unique<bool[]>(cells);
    for (std::size_t i = 0; i < cells; ++i) seen[i] = i % 3 != 0;
    if (s.queries > 1) std::fill_n(seen.get() + s.keys, s.keys, false);  // a query that sees nothing
    AttentionMask mask;
    mask.adds = adds;
    mask.drops = drops;
    if (kind != kNone) mask.seen = seen.get();
    if (kind == kPairs) mask.query = s.keys;
    if (kind == kPairs || kind == kKeys) mask.key = 1;
    if (kind == kQueries) mask.query = 1;

    const Scratch scratch(table.attention_scratch(s.queries, s.keys, s.size));
    const T scale = T(1.25);
    table.attention_weights(
        {s.queries, s.keys, s.size, query.data(), ld, key.data(), ld, scale, mask, weights.data(), scratch.data()});
    AttentionGradient<T> args;
    args.queries = s.queries;
    args.keys = s.keys;
    args.size = s.size;
    args.weights = weights.data();
    args.dvalues = dvalues.data();
    args.value = value.data();
    args.ld_dvalues = args.ld_value = ld;
    args.scale = scale;
    args.mask = mask;
    args.dscores = gradient.data();
    args.scratch = scratch.data();
    table.attention_gradient(args);

    Array<T> dweights(s.queries * s.keys);
    for (std::int64_t i = 0; i < s.queries; ++i)
      for (std::int64_t j = 0; j < s.keys; ++j)
        for (std::int64_t k = 0; k < s.size; ++k) dweights[i * s.keys + j] += dvalues[i * ld + k] * value[j * ld + k];
    args.dweights = dweights.data();
    args.dscores = from_weights.data();
    table.attention_gradient(args);
  }
};

template <class Visit>
void for_cases(Visit visit) {
  for (const Size& size : kSizes)
    for (int kind = 0; kind < kKinds; ++kind)
      for (int how = 0; how < (kind == kNone ? 1 : 3); ++how) {
        SCOPED_TRACE(::testing::Message()
                     << size.queries << " x " << size.keys << " x " << size.size << " mask " << kind << " " << how);
        visit(size, static_cast<Masks>(kind), how == 1, how == 2);
      }
}

TEST(Attention, WeightsOfAQueryAreTheSoftmaxOfItsScores) {
  for_cases([](const Size& s, Masks kind, bool adds, bool drops) {
    const Results<double> is(table<double>(), s, kind, adds, drops);
    const std::int64_t ld = s.size + 3;
    const auto query = Array<double>::random(s.queries * ld, 1), key = Array<double>::random(s.keys * ld, 2);
    Array<double> expected(s.queries * s.keys);
    for (std::int64_t i = 0; i < s.queries; ++i) {
      const auto seen = [&](std::int64_t j) {
        const std::int64_t cell = kind == kPairs ? i * s.keys + j : kind == kKeys ? j : i;
        const bool blind = s.queries > 1 && cell >= s.keys && cell < 2 * s.keys;
        return kind == kNone || (cell % 3 != 0 && !blind);
      };
      double sum = 0;
      bool any = false;
      for (std::int64_t j = 0; j < s.keys; ++j) any = any || seen(j);
      for (std::int64_t j = 0; j < s.keys; ++j) {
        double score = 0;
        for (std::int64_t k = 0; k < s.size; ++k) score += 1.25 * query[i * ld + k] * key[j * ld + k];
        const bool counts = any ? seen(j) : !drops;
        sum += expected[i * s.keys + j] = !counts ? 0 : std::exp(any || adds ? score : 0);
      }
      for (std::int64_t j = 0; j < s.keys && sum > 0; ++j) expected[i * s.keys + j] /= sum;
    }
    EXPECT_LE(error(is.weights, expected), 1e-6);  // 1e9 leaves few digits of what it is added to
    EXPECT_LE(error(is.from_weights, is.gradient), 1e-12);
  });
}

TEST(Attention, EveryLevelAgreesWithFloat64) {
  for (const auto* level : levels())
    for_cases([&](const Size& s, Masks kind, bool adds, bool drops) {
      if (adds && kind != kNone) return;  // what a query sees that sees nothing is rounding
      SCOPED_TRACE(level->level);
      const Results<double> expected(table<double>(), s, kind, adds, drops);
      const Results<float> actual(*level, s, kind, adds, drops);
      EXPECT_LE(error(actual.weights, expected.weights), 3e-6);
      EXPECT_LE(error(actual.gradient, expected.gradient), 5e-6);
      EXPECT_LE(error(actual.from_weights, expected.from_weights), 5e-6);
    });
}

TEST(Attention, LargeScoresNeitherOverflowNorVanish) {
  for (const auto* level : levels()) {
    SCOPED_TRACE(level->level);
    const float query[] = {1000}, key[] = {1, 1, -1, 0.999f};
    float weights[4];
    const Scratch scratch(level->attention_scratch(1, 4, 1));
    level->attention_weights({1, 4, 1, query, 1, key, 1, 1.0f, {}, weights, scratch.data()});
    EXPECT_NEAR(weights[0], 1 / (2 + std::exp(-1.0)), 1e-4);
    EXPECT_EQ(weights[2], 0);
  }
}

}  // namespace
}  // namespace shoal::kernels::test
