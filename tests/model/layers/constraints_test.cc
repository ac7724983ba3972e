#include "model/layers/constraints.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/layers/layers.h"

namespace shoal {
namespace {

using Values = std::vector<double>;

Values kept(const Constraint& constraint, const Values& w, const Shape& shape) {
  return constraints::apply(constraint, Tensor(w, shape)).to_vector<double>();
}

void expect_near(const Values& found, const Values& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-6) << "element " << i;
}

TEST(Constraints, KeepWhatTheyAreNamedAfter) {
  const Values w = {3, 0.3, -4, 0.4};  // columns of length 5 and 0.5
  expect_near(kept(constraints::MaxNorm(1), w, {2, 2}), {0.6, 0.3, -0.8, 0.4});
  expect_near(kept(constraints::UnitNorm(), w, {2, 2}), {0.6, 0.6, -0.8, 0.8});
  expect_near(kept(constraints::MinMaxNorm(1, 2, 0.5), w, {2, 2}), {2.1, 0.45, -2.8, 0.6});
  expect_near(kept(constraints::NonNeg(), w, {2, 2}), {3, 0.3, 0, 0.4});
  expect_near(kept(nullptr, w, {2, 2}), w);
}

TEST(Constraints, TakeNormsOverTheirAxes) {
  const Values w = {3, 4, 0, 5};
  expect_near(kept(constraints::UnitNorm({1}), w, {2, 2}), {0.6, 0.8, 0, 1});
  expect_near(kept(constraints::UnitNorm({-1}), w, {2, 2}), {0.6, 0.8, 0, 1});
  expect_near(kept(constraints::UnitNorm({0, 2}), {3, 1, 4, 0, 0, 0, 0, 0}, {2, 2, 2}),
              {3 / std::sqrt(10.0), 1 / std::sqrt(10.0), 1, 0, 0, 0, 0, 0});
  const Constraint everything = {{"class_name", "UnitNorm"}, {"config", {{"axis", nullptr}}}};
  expect_near(kept(everything, {3, 4, 0, 12}, {2, 2}), {3.0 / 13, 4.0 / 13, 0, 12.0 / 13});
  EXPECT_THROW(kept(constraints::UnitNorm({2}), w, {2, 2}), ValueError);
}

TEST(Constraints, ComeBackFromTheirConfigsAndRefuseOthers) {
  for (const std::string& name : constraints::registered()) {
    const Constraint object = constraints::get_config(name);
    EXPECT_EQ(constraints::get_config(nlohmann::json::parse(object.dump())), object);
  }
  EXPECT_TRUE(constraints::get_config(nullptr).is_null());
  EXPECT_THROW(constraints::get_config("min_norm"), ValueError);
  EXPECT_THROW(constraints::get_config(3), ValueError);
  EXPECT_THROW(constraints::get_config({{"class_name", "MaxNorm"}, {"config", {{"max_value", "two"}}}}), ValueError);
}

TEST(Constraints, BelongToTheWeightsOfALayer) {
  const Layer layer = layers::Dense(2, {.kernel_constraint = "non_neg"});
  layer->ensure_built({kRows, 3});
  EXPECT_TRUE(layer->weights()[0].constrained());
  EXPECT_FALSE(layer->weights()[1].constrained());
  EXPECT_EQ(layer->config()["kernel_constraint"]["class_name"], "NonNeg");
  EXPECT_TRUE(layer->config()["bias_constraint"].is_null());
  EXPECT_THROW(layers::Dense(2, {.kernel_constraint = "none"}), ValueError);
}

}  // namespace
}  // namespace shoal
