#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "model/layers/initializers.h"

namespace shoal {
namespace {

struct Moments {
  double mean = 0, deviation = 0, low = 0, high = 0;
};

Moments moments_of(const Initializer& initializer, const Shape& shape) {
  const auto values = initializers::initialize(initializer, shape, DType::kFloat64).to_vector<double>();
  Moments m{0, 0, values[0], values[0]};
  for (const double v : values) {
    m.mean += v / static_cast<double>(values.size());
    m.low = std::min(m.low, v);
    m.high = std::max(m.high, v);
  }
  for (const double v : values) m.deviation += (v - m.mean) * (v - m.mean) / static_cast<double>(values.size());
  m.deviation = std::sqrt(m.deviation);
  return m;
}

// Kernel of a convolution: fan in 3 * 3 * 64 = 576, fan out 3 * 3 * 128 = 1152.
const Shape kKernel{3, 3, 64, 128};
constexpr double kIn = 576, kOut = 1152;

TEST(Initializers, UniformFamiliesFillTheirRange) {
  const std::pair<const char*, double> rows[] = {{"glorot_uniform", std::sqrt(6 / (kIn + kOut))},
                                                 {"he_uniform", std::sqrt(6 / kIn)},
                                                 {"lecun_uniform", std::sqrt(3 / kIn)},
                                                 {"random_uniform", 0.05}};
  for (const auto& [name, limit] : rows) {
    const Moments m = moments_of(name, kKernel);
    EXPECT_NEAR(m.low, -limit, 0.001 * limit) << name;
    EXPECT_NEAR(m.high, limit, 0.001 * limit) << name;
    EXPECT_NEAR(m.deviation, limit / std::sqrt(3.0), 0.02 * limit) << name;
    EXPECT_NEAR(m.mean, 0, 0.02 * limit) << name;
  }
}

TEST(Initializers, NormalFamiliesHaveTheirDeviation) {
  struct Row {
    const char* name;
    double deviation, cut;  // of the values, and where they are cut
  };
  const double kCorrection = 0.87962566103423978;
  const Row rows[] = {{"glorot_normal", std::sqrt(2 / (kIn + kOut)), 2 / kCorrection},
                      {"he_normal", std::sqrt(2 / kIn), 2 / kCorrection},
                      {"lecun_normal", std::sqrt(1 / kIn), 2 / kCorrection},
                      {"variance_scaling", std::sqrt(1 / kIn), 2 / kCorrection},
                      {"truncated_normal", 0.05 * kCorrection, 2 / kCorrection},
                      {"random_normal", 0.05, 10}};
  for (const Row& row : rows) {
    const Moments m = moments_of(row.name, kKernel);
    EXPECT_NEAR(m.deviation, row.deviation, 0.02 * row.deviation) << row.name;
    EXPECT_NEAR(m.mean, 0, 0.02 * row.deviation) << row.name;
    EXPECT_LE(std::max(-m.low, m.high), row.cut * row.deviation * 1.0001) << row.name;
  }
  EXPECT_GT(moments_of("random_normal", kKernel).high, 3.5 * 0.05);
}

TEST(Initializers, ConstantsAreConstant) {
  EXPECT_EQ(moments_of("zeros", {4}).high, 0);
  EXPECT_EQ(moments_of("ones", {4}).low, 1);
  const Moments m = moments_of(initializers::Constant(0.3), {4});
  EXPECT_EQ(m.low, 0.3);
  EXPECT_EQ(m.high, 0.3);
}

TEST(Initializers, DependOnTheGlobalSeedAndAreDifferentAtEachCall) {
  const auto draw = [] {
    return initializers::initialize("glorot_uniform", {5, 7}, DType::kFloat32).to_vector<float>();
  };
  random::set_global_seed(11);
  const auto first = draw(), second = draw();
  random::set_global_seed(11);
  EXPECT_EQ(draw(), first);
  EXPECT_EQ(draw(), second);
  EXPECT_NE(first, second);
  random::set_global_seed(12);
  EXPECT_NE(draw(), first);
}

TEST(Initializers, WithASeedRepeat) {
  const Initializer seeded = {{"class_name", "GlorotUniform"}, {"config", {{"seed", 3}}}};
  const auto draw = [&] { return initializers::initialize(seeded, {5, 7}, DType::kFloat32).to_vector<float>(); };
  EXPECT_EQ(draw(), draw());
}

TEST(Initializers, ConfigsAreKerasObjects) {
  for (const std::string& name : initializers::registered()) {
    const auto config = initializers::get_config(name);
    EXPECT_EQ(config.at("module"), "keras.initializers") << name;
    EXPECT_EQ(initializers::get_config(config), config) << name;
  }
  EXPECT_EQ(initializers::get_config("he_normal").at("class_name"), "HeNormal");
  // A newer Keras writes keys that do not matter here.
  const Initializer newer = {{"class_name", "HeNormal"}, {"config", {{"seed", nullptr}, {"input_axes", nullptr}}}};
  EXPECT_EQ(initializers::get_config(newer), initializers::get_config("he_normal"));
}

}  // namespace
}  // namespace shoal
