#include "common/optim/schedule.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace shoal::optim {
namespace {

using nlohmann::json;

double at(const char* class_name, const json& config, std::int64_t iteration) {
  return make_schedule(class_name, config)->at(iteration);
}

TEST(Schedule, KnownPoints) {
  const json decay = {{"initial_learning_rate", 0.8}, {"decay_steps", 4}, {"decay_rate", 0.5}};
  EXPECT_DOUBLE_EQ(at("ExponentialDecay", decay, 0), 0.8);
  EXPECT_DOUBLE_EQ(at("ExponentialDecay", decay, 8), 0.2);
  EXPECT_DOUBLE_EQ(at("InverseTimeDecay", decay, 8), 0.4);
  const json pieces = {{"boundaries", {3, 6}}, {"values", {1.0, 0.5, 0.1}}};
  EXPECT_EQ(at("PiecewiseConstantDecay", pieces, 3), 1.0);
  EXPECT_EQ(at("PiecewiseConstantDecay", pieces, 4), 0.5);
  EXPECT_EQ(at("PiecewiseConstantDecay", pieces, 7), 0.1);
  const json line = {{"initial_learning_rate", 1.0}, {"decay_steps", 10}, {"end_learning_rate", 0.0}};
  EXPECT_DOUBLE_EQ(at("PolynomialDecay", line, 5), 0.5);
  EXPECT_DOUBLE_EQ(at("PolynomialDecay", line, 99), 0);
  const json cosine = {
      {"initial_learning_rate", 0.0}, {"decay_steps", 10}, {"warmup_target", 1.0}, {"warmup_steps", 4}};
  EXPECT_DOUBLE_EQ(at("CosineDecay", cosine, 1), 0.25);
  EXPECT_DOUBLE_EQ(at("CosineDecay", cosine, 4), 1);
  EXPECT_DOUBLE_EQ(at("CosineDecay", cosine, 9), 0.5);
  EXPECT_NEAR(at("CosineDecay", cosine, 14), 0, 1e-15);
}

TEST(Schedule, EveryNameIsMadeAgainOfItsConfig) {
  for (const std::string& name : schedule_names()) {
    json config = {{"initial_learning_rate", 0.1}, {"decay_steps", 5}};
    if (name == "ExponentialDecay" || name == "InverseTimeDecay") config["decay_rate"] = 0.9;
    if (name == "PiecewiseConstantDecay") config = {{"boundaries", {2}}, {"values", {1, 2}}};
    if (name == "CosineDecayRestarts") config = {{"initial_learning_rate", 0.1}, {"first_decay_steps", 5}};
    const auto schedule = make_schedule(name, config);
    EXPECT_EQ(schedule->class_name(), name);
    EXPECT_EQ(make_schedule(name, json::parse(schedule->get_config().dump()))->get_config(), schedule->get_config());
  }
}

TEST(Schedule, BadConfigsAreRefused) {
  EXPECT_THROW(make_schedule("CosineDecays", json::object()), ValueError);
  EXPECT_THROW(make_schedule("CosineDecay", {{"initial_learning_rate", 0.1}}), ValueError);
  EXPECT_THROW(make_schedule("CosineDecay", {{"initial_learning_rate", 0.1}, {"decay_steps", 0}}), ValueError);
  EXPECT_THROW(make_schedule("CosineDecay", {{"initial_learning_rate", "x"}, {"decay_steps", 3}}), ValueError);
  EXPECT_THROW(make_schedule("CosineDecay", {{"initial_learning_rate", 1}, {"decay_steps", 3}, {"step", 1}}),
               ValueError);
  EXPECT_THROW(make_schedule("PiecewiseConstantDecay", {{"boundaries", {1, 2}}, {"values", {1, 2}}}), ValueError);
}

}  // namespace
}  // namespace shoal::optim
