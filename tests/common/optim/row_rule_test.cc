#include "common/optim/row_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "common/optim/rule.h"

namespace shoal::optim {
namespace {

const std::vector<nlohmann::json>& configs() {
  static const std::vector<nlohmann::json> all = {
      {{"class_name", "SGD"}},
      {{"class_name", "SGD"}, {"weight_decay", 0.01}},
      {{"class_name", "SGD"}, {"momentum", 0.9}},
      {{"class_name", "SGD"}, {"momentum", 0.9}, {"nesterov", true}},
      {{"class_name", "Adam"}},
      {{"class_name", "Adam"}, {"clipvalue", 0.5}},
      {{"class_name", "Adam"}, {"clipnorm", 1.0}},
      {{"class_name", "Adam"}, {"beta_1", 0.0}},
      {{"class_name", "Adam"}, {"beta_1", 0.999}, {"beta_2", 0.9}},
      {{"class_name", "Adam"}, {"amsgrad", true}},
      {{"class_name", "AdamW"}},
      {{"class_name", "RMSprop"}},
      {{"class_name", "RMSprop"}, {"momentum", 0.9}, {"centered", true}},
      {{"class_name", "Adagrad"}},
  };
  return all;
}

// Some weights with a past: gradients of every size, none for some.
template <class T>
struct Row {
  std::vector<T> w;
  std::vector<std::vector<T>> slots;

  Row(const Rule& rule, std::size_t n) : w(n) {
    std::mt19937_64 generator(3);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (T& x : w) x = static_cast<T>(0.05 * uniform(generator));
    w[0] = 0;
    for (int i = 0; i < rule.slots(); ++i) slots.emplace_back(n, static_cast<T>(rule.slot_initial(i)));
    std::vector<T> g(n);
    for (std::int64_t step = 0; step < 3; ++step) {
      for (std::size_t i = 0; i < n; ++i)
        g[i] = i % 5 == 4 ? T(0) : static_cast<T>(uniform(generator) * std::pow(10, 6 * uniform(generator) - 3));
      rule.apply(at(step), n, w.data(), g.data(), pointers().data());
    }
  }
  static Step at(std::int64_t step) {
    return {.iteration = step,
            .learning_rate = 0.01 * (1 + 0.5 * std::sin(static_cast<double>(step))),
            .gradient_scale = step % 3 == 0 ? 0.5 : 1.0};
  }
  std::vector<T*> pointers() {
    std::vector<T*> result;
    for (auto& slot : slots) result.push_back(slot.data());
    return result;
  }
  bool operator==(const Row& other) const {
    const auto same = [](const std::vector<T>& a, const std::vector<T>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
    };
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (!same(slots[i], other.slots[i])) return false;
    return same(w, other.w);
  }
};

template <class T>
class RowRuleTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RowRuleTest, Types);

// Zeros step by step, and all at once later.
TYPED_TEST(RowRuleTest, CaughtUpRowsHaveTheBitsOfEveryStep) {
  using T = TypeParam;
  for (const auto& config : configs())
    for (const int missed : {1, 17, 700})
      for (const std::size_t n : {1u, 64u, 83u}) {
        const auto rule = make_rule(config);
        Row<T> row(*rule, n), dense = row;
        const auto rows = make_row_rule<T>(*rule, 800);
        const std::vector<T> zeros(n), g(n, T(0.25));
        for (int step = 3; step < 3 + missed; ++step) {
          rows->remember(Row<T>::at(step));
          rule->apply(Row<T>::at(step), n, dense.w.data(), zeros.data(), dense.pointers().data());
        }
        rows->catch_up(0, n, row.w.data(), row.pointers().data());
        EXPECT_TRUE(row == dense) << config << " " << missed << " steps of " << n;
        rows->remember(Row<T>::at(3 + missed));
        rows->apply(n, row.w.data(), g.data(), row.pointers().data());
        rule->apply(Row<T>::at(3 + missed), n, dense.w.data(), g.data(), dense.pointers().data());
        EXPECT_TRUE(row == dense) << config;
      }
}

TYPED_TEST(RowRuleTest, ARuleSaysTruthfullyWhatItDoesWithoutGradients) {
  using T = TypeParam;
  for (const auto& config : configs()) {
    const auto rule = make_rule(config);
    constexpr std::size_t n = 40;
    Row<T> used(*rule, n), fresh = used;
    for (int i = 0; i < rule->slots(); ++i)
      fresh.slots[static_cast<std::size_t>(i)].assign(n, static_cast<T>(rule->slot_initial(i)));
    const Row<T> used_before = used, fresh_before = fresh;
    const std::vector<T> zeros(n);
    rule->apply(Row<T>::at(9), n, used.w.data(), zeros.data(), used.pointers().data());
    rule->apply(Row<T>::at(9), n, fresh.w.data(), zeros.data(), fresh.pointers().data());
    EXPECT_EQ(used == used_before, rule->rest() == Rule::Rest::kAlways) << config;
    EXPECT_EQ(fresh == fresh_before, rule->rest() != Rule::Rest::kNever) << config;
  }
}

TYPED_TEST(RowRuleTest, RemembersWithinItsCapacity) {
  const auto rule = make_rule({{"class_name", "Adam"}});
  const auto rows = make_row_rule<TypeParam>(*rule, 4);
  for (int i = 0; i < 4; ++i) rows->remember({.iteration = i, .learning_rate = 0.1});
  EXPECT_EQ(rows->remembered(), 4u);
  rows->forget();
  EXPECT_EQ(rows->remembered(), 0u);
}

}  // namespace
}  // namespace shoal::optim
