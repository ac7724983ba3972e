#include "model/train/training_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/base/error.h"

namespace shoal {
namespace {

// What the chief restored reaches the other workers bit for bit, numbers that JSON does not have among it.
TEST(TrainingState, TravelsWithEveryNumber) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();
  saving::TrainingState state;
  state.epoch = 3;
  state.step = 1234567890123;
  state.seed = 0xfedcba9876543210u;
  state.learning_rate = 0.1;
  state.metric_sums = {{0.1 + 0.2, 5e-324}, {kNaN, -0.0}};
  state.history.epoch = {0, 1};
  state.history.history["loss"] = {kInfinity, 1.0 / 3};
  state.callbacks = {{{"best", -kInfinity}, {"wait", 2}}, {{"monitor", kNaN}}};
  state.kernel_level = "avx2";
  const saving::TrainingState back = train::decode(train::encode(state));
  EXPECT_EQ(back.step, state.step);
  EXPECT_EQ(back.seed, state.seed);
  EXPECT_EQ(back.learning_rate, 0.1);
  EXPECT_EQ(back.metric_sums[0], state.metric_sums[0]);
  EXPECT_TRUE(std::isnan(back.metric_sums[1][0]));
  EXPECT_TRUE(std::signbit(back.metric_sums[1][1]));
  EXPECT_EQ(back.history.history, state.history.history);
  EXPECT_EQ(back.callbacks[0]["best"].get<double>(), -kInfinity);
  EXPECT_TRUE(std::isnan(back.callbacks[1]["monitor"].get<double>()));
  EXPECT_EQ(back.kernel_level, "avx2");
  EXPECT_THROW(train::decode("{\"epoch\": 1}"), PeerError);
  EXPECT_THROW(train::decode("no"), PeerError);
}

}  // namespace
}  // namespace shoal
