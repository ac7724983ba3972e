#include "common/optim/rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"

namespace shoal::optim {
namespace {

// One parameter and its state, in T.
template <class T>
struct State {
  std::vector<T> w;
  std::vector<std::vector<T>> slots;
  std::int64_t iteration = 0;

  State(const Rule& rule, std::vector<T> weights) : w(std::move(weights)) {
    for (int i = 0; i < rule.slots(); ++i) slots.emplace_back(w.size(), static_cast<T>(rule.slot_initial(i)));
  }
  void apply(const Rule& rule, double learning_rate, const std::vector<T>& g) {
    std::vector<T*> pointers;
    for (auto& slot : slots) pointers.push_back(slot.data());
    rule.apply({.iteration = iteration++, .learning_rate = learning_rate}, w.size(), w.data(), g.data(),
               pointers.data());
  }
};

std::vector<double> gradient(int step, std::size_t n) {
  std::vector<double> g;
  for (std::size_t i = 0; i < n; ++i)
    g.push_back(std::sin(1.7 * step + static_cast<double>(i)) * std::pow(10, static_cast<double>(i % 4) - 2));
  return g;
}

template <class T>
std::vector<T> as(const std::vector<double>& values) {
  return std::vector<T>(values.begin(), values.end());
}

// Runs `steps` of the rule in T beside `expected(t, g, w)`, which updates one weight in long double.
template <class T, class Expected>
void compare(const nlohmann::json& config, double learning_rate, int steps, double tolerance, Expected make_expected) {
  const auto rule = make_rule(config);
  constexpr std::size_t kSize = 37;
  State<T> state(*rule, std::vector<T>(kSize, T(0.5)));
  std::vector<long double> w(kSize, 0.5L);
  std::vector<decltype(make_expected())> expected(kSize, make_expected());
  for (int step = 0; step < steps; ++step) {
    const auto g = gradient(step, kSize);
    state.apply(*rule, learning_rate, as<T>(g));
    for (std::size_t i = 0; i < kSize; ++i) expected[i](step + 1, static_cast<T>(g[i]), w[i]);
  }
  for (std::size_t i = 0; i < kSize; ++i)
    EXPECT_NEAR(static_cast<double>(state.w[i]), static_cast<double>(w[i]), tolerance) << i;
}

TEST(Sgd, PlainMomentumAndNesterovFollowKeras) {
  for (const bool nesterov : {false, true}) {
    for (const double momentum : {0.0, 0.9}) {
      const auto make = [=] {
        return [=, v = 0.0L](int, long double g, long double& w) mutable {
          v = momentum * v - 0.1L * g;
          w += momentum > 0 && nesterov ? momentum * v - 0.1L * g : v;
        };
      };
      const nlohmann::json config = {{"class_name", "SGD"}, {"momentum", momentum}, {"nesterov", nesterov}};
      compare<double>(config, 0.1, 7, 1e-14, make);
      compare<float>(config, 0.1, 7, 1e-5, make);
    }
  }
}

TEST(Adam, FollowsKeras) {
  for (const bool amsgrad : {false, true}) {
    const auto make = [=] {
      return [=, m = 0.0L, v = 0.0L, largest = 0.0L](int t, long double g, long double& w) mutable {
        m += (g - m) * (1 - 0.85);
        v += (g * g - v) * (1 - 0.98);
        largest = std::max(largest, v);
        const long double alpha = 0.02 * std::sqrt(1 - std::pow(0.98L, t)) / (1 - std::pow(0.85L, t));
        w -= m * alpha / (std::sqrt(amsgrad ? largest : v) + 1e-3L);
      };
    };
    const nlohmann::json config = {
        {"class_name", "Adam"}, {"beta_1", 0.85}, {"beta_2", 0.98}, {"epsilon", 1e-3}, {"amsgrad", amsgrad}};
    compare<double>(config, 0.02, 9, 1e-14, make);
    compare<float>(config, 0.02, 9, 1e-6, make);
  }
}

TEST(AdamW, IsAdamThatDecaysItsWeights) {
  const auto make = [] {
    return [m = 0.0L, v = 0.0L](int t, long double g, long double& w) mutable {
      w -= w * 0.004L * 0.02L;
      m += (g - m) * (1 - 0.9L);
      v += (g * g - v) * (1 - 0.999L);
      const long double alpha = 0.02L * std::sqrt(1 - std::pow(0.999L, t)) / (1 - std::pow(0.9L, t));
      w -= m * alpha / (std::sqrt(v) + 1e-3L);
    };
  };
  compare<double>({{"class_name", "AdamW"}, {"epsilon", 1e-3}}, 0.02, 9, 1e-14, make);
  compare<double>({{"class_name", "Adam"}, {"epsilon", 1e-3}, {"weight_decay", 0.004}}, 0.02, 9, 1e-14, make);
}

TEST(Rmsprop, FollowsKeras) {
  for (const bool centered : {false, true}) {
    for (const double momentum : {0.0, 0.7}) {
      const auto make = [=] {
        return [=, v = 0.0L, a = 0.0L, m = 0.0L](int, long double g, long double& w) mutable {
          v = 0.8L * v + 0.2L * g * g;
          a = 0.8L * a + 0.2L * g;
          m = momentum * m + 0.01L * g / std::sqrt((centered ? v - a * a : v) + 1e-3L);
          w -= m;
        };
      };
      const nlohmann::json config = {
          {"class_name", "RMSprop"}, {"rho", 0.8}, {"momentum", momentum}, {"epsilon", 1e-3}, {"centered", centered}};
      compare<double>(config, 0.01, 7, 1e-13, make);
      compare<float>(config, 0.01, 7, 1e-5, make);
    }
  }
}

TEST(Adagrad, FollowsKeras) {
  const auto make = [] {
    return [a = 0.1L](int, long double g, long double& w) mutable {
      a += g * g;
      w -= 0.1L * g / std::sqrt(a + 1e-7L);
    };
  };
  compare<double>({{"class_name", "Adagrad"}}, 0.1, 7, 1e-13, make);
  compare<float>({{"class_name", "Adagrad"}}, 0.1, 7, 1e-5, make);
}

TEST(Rule, ClipsByValueThenDecaysThenUpdates) {
  const auto make = [] {
    return [](int, long double g, long double& w) {
      w -= w * 0.5L * 0.1L;
      w -= 0.1L * std::clamp(g, -0.3L, 0.3L);
    };
  };
  compare<double>({{"class_name", "SGD"}, {"clipvalue", 0.3}, {"weight_decay", 0.5}}, 0.1, 5, 1e-15, make);
}

TEST(Rule, MultipliesGradientsByTheScaleOfTheStep) {
  const auto rule = make_rule({{"class_name", "SGD"}});
  double w = 1;
  const double g = 4;
  rule->apply({.iteration = 0, .learning_rate = 0.5, .gradient_scale = 0.25}, 1, &w, &g, nullptr);
  EXPECT_EQ(w, 0.5);
}

// The bias corrections cancel the decay rates of the first step: w -= lr g / (|g| + epsilon / sqrt(1 - beta_2)).
TEST(Adam, FirstStepHasAClosedForm) {
  const auto rule = make_rule({{"class_name", "Adam"}});
  const std::vector<double> g = {1e-3, -5, 1e4, 0};
  State<double> state(*rule, {1, 1, 1, 1});
  state.apply(*rule, 0.001, g);
  for (std::size_t i = 0; i < g.size(); ++i) {
    EXPECT_NEAR(state.w[i], 1 - 0.001 * g[i] / (std::abs(g[i]) + 1e-7 / std::sqrt(0.001)), 1e-15);
  }
}

// Keras's own expectation: ones, one gradient of 0.01, then 0.1 to 1.
TEST(Adam, AmsgradGoldenValuesOfKeras) {
  const auto rule = make_rule({{"class_name", "Adam"}, {"amsgrad", true}});
  State<float> state(*rule, std::vector<float>(10, 1.0f));
  std::vector<float> g;
  for (int i = 1; i <= 10; ++i) g.push_back(0.1f * static_cast<float>(i));
  state.apply(*rule, 0.001, std::vector<float>(10, 0.01f));
  for (const double golden : {0.999, 0.9982, 0.9974, 0.9965, 0.9955}) {
    for (const float w : state.w) EXPECT_NEAR(w, golden, 5e-4);
    state.apply(*rule, 0.001, g);
  }
}

TEST(Rule, NamesSlotsAndConfigAreKeras) {
  const auto plain = make_rule({{"class_name", "SGD"}});
  EXPECT_EQ(plain->name(), "SGD");
  EXPECT_EQ(plain->slots(), 0);
  const auto sgd = make_rule({{"class_name", "SGD"}, {"momentum", 0.5}});
  ASSERT_EQ(sgd->slots(), 1);
  EXPECT_EQ(sgd->slot_name(0), "momentum");
  const auto adam = make_rule({{"class_name", "Adam"}, {"amsgrad", true}});
  ASSERT_EQ(adam->slots(), 3);
  EXPECT_EQ(adam->slot_name(0), "momentum");
  EXPECT_EQ(adam->slot_name(1), "velocity");
  EXPECT_EQ(adam->slot_name(2), "velocity_hat");
  EXPECT_EQ(make_rule({{"class_name", "Adam"}})->slots(), 2);
  const nlohmann::json defaults = {
      {"class_name", "Adam"}, {"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"amsgrad", false}};
  EXPECT_EQ(make_rule({{"class_name", "Adam"}})->config(), defaults);
}

TEST(Rule, EveryNameMakesARuleWhoseConfigMakesItAgain) {
  const auto names = rule_names();
  EXPECT_EQ(names, (std::vector<std::string>{"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"}));
  for (const auto& name : names) {
    const auto rule = make_rule({{"class_name", name}});
    EXPECT_EQ(rule->name(), name);
    EXPECT_EQ(make_rule(nlohmann::json::parse(rule->config().dump()))->config(), rule->config());
  }
}

TEST(Rule, BadConfigsAreRefused) {
  const nlohmann::json bad[] = {nullptr,
                                nlohmann::json::array(),
                                "Adam",
                                nlohmann::json::object(),
                                {{"class_name", 3}},
                                {{"class_name", "Adamish"}},
                                {{"class_name", "Adam"}, {"momentum", 0.9}},
                                {{"class_name", "Adam"}, {"learning_rate", 0.1}},
                                {{"class_name", "Adam"}, {"beta_1", 1.0}},
                                {{"class_name", "Adam"}, {"beta_2", -0.1}},
                                {{"class_name", "Adam"}, {"beta_1", "0.9"}},
                                {{"class_name", "Adam"}, {"epsilon", -1e-9}},
                                {{"class_name", "Adam"}, {"epsilon", std::numeric_limits<double>::quiet_NaN()}},
                                {{"class_name", "Adam"}, {"epsilon", std::numeric_limits<double>::infinity()}},
                                {{"class_name", "Adam"}, {"amsgrad", 1}},
                                {{"class_name", "SGD"}, {"momentum", 1.5}},
                                {{"class_name", "SGD"}, {"nesterov", "yes"}},
                                {{"class_name", "SGD"}, {"weight_decay", -0.1}},
                                {{"class_name", "SGD"}, {"clipnorm", 0}},
                                {{"class_name", "SGD"}, {"clipvalue", "1"}},
                                {{"class_name", "SGD"}, {"clipvalue", 1}, {"clipnorm", 1}},
                                {{"class_name", "Adagrad"}, {"initial_accumulator_value", -1}},
                                {{"class_name", "RMSprop"}, {"centered", 1}}};
  for (const auto& config : bad) EXPECT_THROW(make_rule(config), ValueError) << config.dump();
}

}  // namespace
}  // namespace shoal::optim
