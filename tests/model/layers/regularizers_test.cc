#include "model/layers/regularizers.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/layers/call_losses.h"
#include "model/layers/layers.h"
#include "model/plan/plan.h"

namespace shoal {
namespace {

double of(const Regularizer& regularizer, const std::vector<double>& values) {
  return regularizers::penalty(regularizer, Tensor(values, {static_cast<std::int64_t>(values.size())})).item();
}

TEST(Regularizers, SumWhatTheyAreNamedAfter) {
  plan::install_evaluator();
  EXPECT_DOUBLE_EQ(of(regularizers::L1(0.5), {1, -3}), 2);
  EXPECT_DOUBLE_EQ(of(regularizers::L2(0.5), {1, -3}), 5);
  EXPECT_DOUBLE_EQ(of(regularizers::L1L2(1, 0.5), {1, -3}), 9);
  EXPECT_DOUBLE_EQ(of("l2", {1, -3}), 0.1);
  EXPECT_FALSE(regularizers::penalty(nullptr, Tensor(1.0)).defined());
}

TEST(Regularizers, ComeBackFromTheirConfigsAndRefuseOthers) {
  for (const std::string& name : regularizers::registered()) {
    const Regularizer object = regularizers::get_config(name);
    EXPECT_EQ(regularizers::get_config(nlohmann::json::parse(object.dump())), object);
  }
  EXPECT_TRUE(regularizers::get_config(nullptr).is_null());
  EXPECT_THROW(regularizers::get_config("l3"), ValueError);
  EXPECT_THROW(regularizers::get_config(3), ValueError);
  EXPECT_THROW(regularizers::L2(-1), ValueError);
}

TEST(Regularizers, BelongToTheWeightsThatAreTrained) {
  const Layer layer = layers::Dense(2, {.kernel_regularizer = regularizers::L2(0.1), .activity_regularizer = "l1"});
  layer->ensure_built({kRows, 3});
  ASSERT_EQ(layer->penalties().size(), 1u);
  EXPECT_EQ(layer->penalties()[0].variable.name(), "kernel");
  layer->set_trainable(false);
  EXPECT_TRUE(layer->penalties().empty());
  const Tensor x(std::vector<float>(6, 1.0f), {2, 3});
  layer(x);  // nobody asks
  const layers::CallLosses calls;
  const Tensor y = layer(x);
  ASSERT_EQ(calls.values().size(), 1u);
  EXPECT_NEAR(calls.values()[0].item(), 0.01 * ops::sum(ops::abs(y)).item() / 2, 1e-7);
}

}  // namespace
}  // namespace shoal
