#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "common/base/error.h"
#include "model/train/local_updater.h"
#include "model/train/shares.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using nlohmann::json;

TEST(Optimizer, ConfigHasKerasKeys) {
  EXPECT_EQ(Optimizer("adam").get_config(), json::parse(R"({"module":"keras.optimizers","class_name":"Adam","config":{
      "name":"adam","learning_rate":0.0010000000474974513,"weight_decay":null,"clipnorm":null,"global_clipnorm":null,
      "clipvalue":null,"use_ema":false,"ema_momentum":0.99,"ema_overwrite_frequency":null,"loss_scale_factor":null,
      "gradient_accumulation_steps":null,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07,"amsgrad":false},"registered_name":null})"));
  EXPECT_EQ(Optimizer("SGD").get_config()["config"]["momentum"], 0.0);
  EXPECT_EQ(Optimizer("sgd").learning_rate, 0.01);
}

TEST(Optimizer, ComesBackFromItsConfig) {
  const Optimizer made = optimizers::Adam({.learning_rate = 3e-4, .beta_1 = 0.8, .amsgrad = true});
  const Optimizer again = Optimizer::from_config(json::parse(made.get_config().dump()));
  EXPECT_EQ(again.learning_rate, 3e-4);
  EXPECT_EQ(again.rule(), made.rule());
  json config = made.get_config();
  config["config"]["use_ema"] = true;
  EXPECT_THROW(Optimizer::from_config(config), ValueError);
  EXPECT_THROW(optimizers::SGD({.momentum = 1.5}), ValueError);
  EXPECT_THROW(optimizers::SGD({.learning_rate = NAN}), ValueError);
}

TEST(Losses, ComeBackFromTheirConfigs) {
  for (const Loss& loss :
       {Loss("mse"), losses::MeanSquaredError(), losses::CategoricalCrossentropy({.from_logits = true}),
        losses::SparseCategoricalCrossentropy(), Loss("categorical_crossentropy")}) {
    const Loss again = Loss::from_config(json::parse(loss.get_config().dump()));
    EXPECT_EQ(again.name(), loss.name());
    EXPECT_EQ(again.get_config(), loss.get_config());
    EXPECT_EQ(again.from_logits(), loss.from_logits());
  }
  EXPECT_EQ(Loss("mse").get_config(), "mean_squared_error");
  EXPECT_EQ(losses::CategoricalCrossentropy().get_config()["class_name"], "CategoricalCrossentropy");
  EXPECT_TRUE(Loss([](const Tensor& a, const Tensor&) { return a; }).get_config().is_null());
  json smooth = losses::CategoricalCrossentropy().get_config();
  smooth["config"]["reduction"] = "sum";
  EXPECT_THROW(Loss::from_config(smooth), ValueError);
}

// Numbers that Keras gives: -log 0.7, and the mean of -log 0.7 and -log 0.1 with clipping and normalisation.
TEST(Losses, HaveKerasValues) {
  const Tensor p(std::vector<double>{0.2, 0.7, 0.1, 0.1, 0.2, 0.7}, {2, 3});
  const Tensor labels(std::vector<std::int32_t>{1, 0}, {2});
  EXPECT_NEAR(Loss("sparse_categorical_crossentropy")(labels, p).item(), (-std::log(0.7) - std::log(0.1)) / 2, 1e-12);
  EXPECT_NEAR(Loss("categorical_crossentropy")(ops::one_hot(labels, 3, DType::kFloat64), p * Tensor(2.0)).item(),
              (-std::log(0.7) - std::log(0.1)) / 2, 1e-12);
  const Tensor sure(std::vector<double>{1, 0}, {1, 2}), other(std::vector<std::int32_t>{1}, {1});
  EXPECT_NEAR(Loss("sparse_categorical_crossentropy")(other, sure).item(), -std::log(1e-7), 1e-6);
  EXPECT_NEAR(losses::SparseCategoricalCrossentropy({.from_logits = true})(labels, ops::log(p)).item(),
              (-std::log(0.7) - std::log(0.1)) / 2, 1e-12);
  EXPECT_NEAR(Loss("mse")(labels, Tensor(std::vector<double>{0.5, 0.25}, {2, 1})).item(), (0.25 + 0.0625) / 2, 1e-12);
}

double value_of(const Metric& metric, const Tensor& y_true, const Tensor& y_pred) {
  const auto values = metric(y_true, y_pred).to_vector<double>();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(Metrics, AccuracyPicksByTheShapes) {
  const Tensor p(std::vector<float>{0.1f, 0.8f, 0.1f, 0.6f, 0.3f, 0.1f}, {2, 3});
  const Tensor labels(std::vector<std::uint8_t>{1, 1}, {2}), column(std::vector<std::uint8_t>{1, 1}, {2, 1});
  EXPECT_EQ(value_of("accuracy", labels, p), 0.5);
  EXPECT_EQ(value_of("accuracy", column, p), 0.5);
  EXPECT_EQ(value_of("acc", ops::one_hot(labels, 3), p), 0.5);
  const Tensor q(std::vector<float>{0.5f, 0.51f, 0.2f, 0.9f}, {4, 1}),
      truth(std::vector<std::int32_t>{0, 1, 1, 1}, {4, 1});
  EXPECT_EQ(value_of("accuracy", truth, q), 0.75);
  EXPECT_EQ(value_of(metrics::BinaryAccuracy(0.1), truth, q), 0.75);
}

TEST(Metrics, AreNamedAsTheyWereGivenAndComeBack) {
  EXPECT_EQ(Metric("acc").name(), "acc");
  EXPECT_EQ(Metric("mse").name(), "mse");
  for (const Metric& metric : {Metric("accuracy"), metrics::CategoricalAccuracy(), metrics::SparseCategoricalAccuracy(),
                               metrics::MeanSquaredError(), metrics::BinaryAccuracy(0.3)}) {
    const Metric again = Metric::from_config(json::parse(metric.get_config().dump()));
    EXPECT_EQ(again.name(), metric.name());
    EXPECT_EQ(again.get_config(), metric.get_config());
  }
}

TEST(Shares, CoverEveryRowOnce) {
  for (std::int64_t rows : {0, 1, 5, 32, 33})
    for (int workers : {1, 2, 3, 7}) {
      std::int64_t next = 0;
      for (int rank = 0; rank < workers; ++rank) {
        const train::Share share = train::share_of(rows, rank, workers);
        EXPECT_EQ(share.begin, next);
        EXPECT_LE(share.rows(), rows / workers + 1);
        next = share.end;
      }
      EXPECT_EQ(next, rows);
    }
}

TEST(Shares, OrdersArePermutationsThatDependOnSeedAndEpoch) {
  const auto order = [](std::uint64_t seed, std::uint64_t epoch, bool shuffle = true) {
    std::vector<std::int64_t> result(100);
    train::write_order(result, shuffle, seed, epoch);
    return result;
  };
  auto sorted = order(1, 0);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, order(1, 0, false));
  EXPECT_EQ(order(1, 0), order(1, 0));
  EXPECT_NE(order(1, 0), order(1, 1));
  EXPECT_NE(order(1, 0), order(2, 0));
}

// The updater takes a large variable in chunks on many threads; one apply on the whole gives the same bits.
TEST(LocalUpdater, ChunksDoNotChangeABit) {
  const std::int64_t n = 100003;
  std::vector<float> w(n), g(n);
  for (std::int64_t i = 0; i < n; ++i) {
    w[static_cast<std::size_t>(i)] = std::sin(static_cast<float>(i));
    g[static_cast<std::size_t>(i)] = std::cos(static_cast<float>(i) * 0.7f);
  }
  const Variable variable(Tensor(w, {n}), "w"), small(Tensor(Shape{3}, DType::kFloat32), "b");
  const ParameterSpace space({variable, small}, heap_arena);
  const json rule = Optimizer("adam").rule();
  const auto updater = train::make_local_updater(space, rule);
  const auto plain = optim::make_rule(rule);
  std::vector<float> m(n), v(n);
  float* slots[] = {m.data(), v.data()};
  for (int step = 0; step < 3; ++step) {
    std::copy(g.begin(), g.end(), static_cast<float*>(variable.gradient()));
    updater->begin_step({step, 0.01});
    updater->gradient_ready(0);
    updater->step_done();
    plain->apply({step, 0.01}, n, w.data(), g.data(), slots);
  }
  updater->all_current();
  EXPECT_EQ(variable.value().to_vector<float>(), w);
  std::vector<float> slot(n);
  updater->read_slot(0, 1, slot.data());
  EXPECT_EQ(slot, v);
  updater->write_slot(0, 1, m.data());
  updater->read_slot(0, 1, slot.data());
  EXPECT_EQ(slot, m);
}

}  // namespace
}  // namespace shoal
