#include <cstring>
#include <limits>
#include <string>
#include <thread>

#include "common/base/error.h"
#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

template <class T>
void expect_complete(const Table<T>& t) {
  EXPECT_TRUE(t.matmul && t.matmul_scratch && t.conv2d && t.conv2d_input_gradient && t.conv2d_kernel_gradient &&
              t.conv2d_scratch && t.pooled_conv2d && t.sparse_conv2d_input_gradient &&
              t.sparse_conv2d_kernel_gradient && t.sparse_conv2d_scratch && t.depthwise && t.depthwise_input_gradient &&
              t.depthwise_kernel_gradient && t.max_pool && t.max_pool_gradient && t.average_pool &&
              t.average_pool_gradient && t.relu_gradient && t.column_sum && t.bias_activation && t.softmax &&
              t.sparse_crossentropy && t.sparse_crossentropy_gradient && t.crossentropy && t.crossentropy_gradient)
      << t.level;
}

TEST(Table, EveryLevelIsComplete) {
  for (const auto* level : levels()) expect_complete(*level);
  expect_complete(table<double>());
}

TEST(Table, LevelsByName) {
  EXPECT_STREQ(table_of_level("portable")->level, "portable");
  EXPECT_EQ(table_of_level("sse9"), nullptr);
#if defined(__x86_64__)
  EXPECT_EQ(table_of_level("avx2") != nullptr, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  EXPECT_EQ(table_of_level("avx512") != nullptr, avx512);
#endif
}

// A child process each, since the choice is made once.
class TableChoiceDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

[[noreturn]] void choose(const char* wanted) {
  setenv("SHOAL_KERNELS", wanted, 1);
  try {
    std::fprintf(stderr, "chose %s: %s\n", table<float>().level, level_reason());
    std::exit(std::strcmp(table<double>().level, "portable") == 0 ? 0 : 2);
  } catch (const ValueError& e) {
    std::fprintf(stderr, "refused: %s\n", e.what());
    std::exit(1);
  }
}

TEST_F(TableChoiceDeathTest, EnvironmentChooses) {
  for (const auto* level : levels()) {
    EXPECT_EXIT(choose(level->level), ::testing::ExitedWithCode(0), "chose " + std::string(level->level) + ": ");
  }
  EXPECT_EXIT(choose("sse9"), ::testing::ExitedWithCode(1), "must be portable, avx2 or avx512, received 'sse9'");
}

TEST_F(TableChoiceDeathTest, DefaultIsTheBest) {
  EXPECT_EXIT(choose(""), ::testing::ExitedWithCode(0), "chose " + std::string(levels().back()->level) + ": ");
}

TEST(FlushDenormals, ActsOnTheCallingThread) {
#if defined(__x86_64__)
  float sum = 1, denormal = 1;
  const auto halve = [](float& value) {
    volatile float x = std::numeric_limits<float>::min();
    x = x * 0.5f;
    value = x;
  };
  std::thread([&] {
    flush_denormals();
    halve(sum);
  }).join();
  std::thread([&] { halve(denormal); }).join();
  EXPECT_EQ(sum, 0);
  EXPECT_GT(denormal, 0);
#endif
}

}  // namespace
}  // namespace shoal::kernels::test
