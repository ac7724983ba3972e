#include "launcher/noise_filter.h"

#include <gtest/gtest.h>

namespace shoal::launcher {
namespace {

const std::string kNoise = "[vm:00012] PMIX ERROR: BAD-PARAM in file ../../src/event.c at line 1033\n";

TEST(NoiseFilterTest, RemovesNoiseHoweverItIsCut) {
  const std::string text = "a\n" + kNoise + kNoise + "[worker 1] error: x\n[vm:00012] PMIX ERROR: OTHER\n\n[vm:13] b";
  const std::string expected = "a\n[worker 1] error: x\n[vm:00012] PMIX ERROR: OTHER\n\n[vm:13] b";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    NoiseFilter filter("vm", 12);
    std::string out = filter.pass(text.substr(0, cut));
    out += filter.pass(text.substr(cut));
    EXPECT_EQ(out + filter.rest(), expected) << cut;
  }
}

TEST(NoiseFilterTest, PassesAnUnfinishedLineAtOnce) {
  NoiseFilter filter("vm", 12);
  EXPECT_EQ(filter.pass("1/10 ====>"), "1/10 ====>");
  EXPECT_EQ(filter.pass("\r2/10"), "\r2/10");
  EXPECT_EQ(filter.pass("\n[vm:0"), "\n");
  EXPECT_EQ(filter.rest(), "[vm:0");
}

}  // namespace
}  // namespace shoal::launcher
