#include "common/base/log.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace shoal::log {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override {
    set_tag("");
    set_quiet(false);
  }
  // What `work` writes to stderr.
  template <class Work>
  std::string written_by(Work work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WritesOneLineAndNamesTheLevel) {
  EXPECT_EQ(written_by([] { info("{} of {}", 1, 2); }), "1 of 2\n");
  EXPECT_EQ(written_by([] { warning("late"); }), "warning: late\n");
  EXPECT_EQ(written_by([] { error("lost"); }), "error: lost\n");
}

TEST_F(Log, PutsTheTagInFront) {
  set_tag("worker 1");
  EXPECT_EQ(tag(), "worker 1");
  EXPECT_EQ(written_by([] { warning("late"); }), "[worker 1] warning: late\n");
  EXPECT_EQ(written_by([] { info("here"); }), "[worker 1] here\n");
}

TEST_F(Log, QuietDropsInfoAndKeepsWarnings) {
  set_quiet(true);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(written_by([] {
              info("dropped");
              warning("kept");
              error("kept");
            }),
            "warning: kept\nerror: kept\n");
}

TEST_F(Log, LinesOfThreadsStayWhole) {
  const std::string text(300, 'a');
  const std::string output = written_by([&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 50; ++j) info("{}", text);
      });
    for (auto& thread : threads) thread.join();
  });
  std::string expected;
  for (int i = 0; i < 200; ++i) expected += text + "\n";
  EXPECT_EQ(output, expected);
}

}  // namespace
}  // namespace shoal::log
