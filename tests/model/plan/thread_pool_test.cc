#include "model/plan/thread_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "common/base/error.h"

namespace shoal::plan {
namespace {

TEST(ThreadPoolTest, RunsEachTaskOnce) {
  ThreadPool& pool = ThreadPool::global();
  for (int threads : {1, 2, 4}) {
    pool.resize(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (std::size_t count : {0, 1, 2, 7, 100})
      for (int time = 0; time < 50; ++time) {
        std::array<std::atomic<int>, 100> calls{};
        std::atomic<bool> known{true};
        pool.run(count, [&](std::size_t i, int worker) {
          calls[i].fetch_add(1);
          if (worker < 0 || worker >= threads) known = false;
        });
        for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(calls[i], i < count ? 1 : 0);
        EXPECT_TRUE(known);
      }
  }
}

// Two tasks that wait for each other need two threads.
TEST(ThreadPoolTest, TasksRunAtTheSameTime) {
  ThreadPool& pool = ThreadPool::global();
  pool.resize(2);
  std::atomic<int> arrived{0};
  pool.run(2, [&](std::size_t, int) {
    arrived.fetch_add(1);
    while (arrived.load() < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST(ThreadPoolTest, RethrowsAndGoesOn) {
  ThreadPool& pool = ThreadPool::global();
  pool.resize(3);
  EXPECT_THROW(pool.run(10,
                        [](std::size_t i, int) {
                          if (i == 4) throw std::runtime_error("four");
                        }),
               std::runtime_error);
  std::atomic<int> sum{0};
  pool.run(10, [&](std::size_t i, int) { sum += static_cast<int>(i); });
  EXPECT_EQ(sum, 45);
  EXPECT_THROW(pool.resize(0), ValueError);
}

// A task may use the pool itself: it then does the inner tasks alone.
TEST(ThreadPoolTest, NestedRunsWork) {
  ThreadPool& pool = ThreadPool::global();
  pool.resize(2);
  std::atomic<int> sum{0};
  pool.run(4, [&](std::size_t, int) { pool.run(5, [&](std::size_t, int) { ++sum; }); });
  EXPECT_EQ(sum, 20);
}

}  // namespace
}  // namespace shoal::plan
