#include "model/data/load_together.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "common/base/error.h"
#include "model/train/run_context.h"

namespace shoal::datasets {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Worker `rank` of a job whose other workers a script plays: `errors` is what they report in each round of agreement,
// `missing` how many of them lack the data.
class ScriptedJob : public train::RunContext {
 public:
  ScriptedJob(int rank, double missing, std::vector<std::string> errors)
      : rank_(rank), missing_(missing), errors_(std::move(errors)) {}
  int rank() const override { return rank_; }
  int workers() const override { return 2; }
  int threads() const override { return 1; }
  ArenaAllocator arena_allocator() override { return heap_arena; }
  std::unique_ptr<train::ParameterUpdater> make_updater(const ParameterSpace&, const nlohmann::json&) override {
    return nullptr;
  }
  void barrier() override {}
  void sum(std::span<double> values) override { values[0] += missing_; }
  std::vector<std::string> gather(const std::string& mine) override {
    const std::string other = next_ < errors_.size() ? errors_[next_] : "";
    ++next_;
    mine_ = mine;
    if (rank_ != 0) {
      other_ = other;
      return {};
    }
    return {mine, other};
  }
  // Seen from worker 1, the chief is the script: it tells of its own error first, else of ours.
  std::string broadcast(const std::string& text) override {
    if (rank_ == 0) return text;
    return !other_.empty() ? other_ : mine_.empty() ? "" : "worker 1: " + mine_;
  }
  void set_activity(const char*, std::int64_t) override {}

 private:
  int rank_;
  double missing_;
  std::vector<std::string> errors_;
  std::size_t next_ = 0;
  std::string mine_, other_;
};

class LoadTogether : public ::testing::Test {
 protected:
  void in_job(int rank, double missing = 0, std::vector<std::string> errors = {}) {
    train::set_run_context(std::make_unique<ScriptedJob>(rank, missing, std::move(errors)));
  }
  void TearDown() override { train::set_run_context(nullptr); }

  bool there = false;
  int loads = 0, fetches = 0;
  std::function<bool()> load = [this] { return ++loads, there; };
  std::function<void()> fetch = [this] { ++fetches, there = true; };
};

TEST_F(LoadTogether, AloneItFetchesOnlyWhatIsMissing) {
  load_together(load, fetch);
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(loads, 2);
  load_together(load, fetch);
  EXPECT_EQ(fetches, 1);
}

TEST_F(LoadTogether, AloneErrorsComeThrough) {
  EXPECT_THAT([&] { load_together([]() -> bool { raise<IoError>("damaged"); }, fetch); },
              ThrowsMessage<IoError>("damaged"));
  EXPECT_THAT([&] { load_together(load, [] { raise<IoError>("no network"); }); }, ThrowsMessage<IoError>("no network"));
  EXPECT_THAT([&] { load_together(load, [] {}); }, ThrowsMessage<IoError>(HasSubstr("lacks files")));
}

TEST_F(LoadTogether, TheChiefFetches) {
  in_job(0, 1);
  load_together(load, fetch);
  EXPECT_EQ(fetches, 1);
}

TEST_F(LoadTogether, OthersWaitAndFindIt) {
  in_job(1, 1);
  load = [this] { return ++loads > 1; };  // the chief has fetched by the second look
  load_together(load, fetch);
  EXPECT_EQ(fetches, 0);
}

TEST_F(LoadTogether, OnAnotherHostAWorkerFetchesForItself) {
  in_job(1, 1);
  load_together(load, fetch);
  EXPECT_EQ(fetches, 1);
}

TEST_F(LoadTogether, TheChiefsFailureReachesOthers) {
  in_job(1, 1, {"", "no network"});
  EXPECT_THAT([&] { load_together(load, fetch); }, ThrowsMessage<IoError>("no network"));
  EXPECT_EQ(fetches, 0);
}

TEST_F(LoadTogether, AnothersFailureReachesTheChief) {
  in_job(0, 0, {"damaged"});
  there = true;
  EXPECT_THAT([&] { load_together(load, fetch); }, ThrowsMessage<IoError>("worker 1: damaged"));
}

TEST_F(LoadTogether, OnesOwnFailureIsThrownOnceAllKnow) {
  in_job(1, 0);
  EXPECT_THAT([&] { load_together([]() -> bool { raise<IoError>("damaged"); }, fetch); },
              ThrowsMessage<IoError>("worker 1: damaged"));
}

}  // namespace
}  // namespace shoal::datasets
