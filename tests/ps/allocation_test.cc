// Steps allocate nothing once they are under way: neither in the training thread nor in the client's or server's.
// Sanitizers have their own malloc, so there this file holds nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

#include "tests/ps/cluster.h"
#include "tests/support/allocations.h"

namespace shoal::ps {
namespace {

TEST(Allocation, TheCounterCounts) {
  testing::start_counting();
  testing::allocate_a_little();
  EXPECT_EQ(testing::stop_counting(), 4);
}

// `apart`: by push and pull in place of push_pull.
void expect_none(const std::string& rule, bool apart) {
  Cluster cluster(2, 2);
  const std::vector<std::size_t> sizes = {300000, 1000, 77, 50000};
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint32_t rank = 0; rank < 2; ++rank) clients.push_back(cluster.connect(rank));
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = sizes;
  spec.rule = rule;
  std::vector<std::vector<float>> gradients(2, std::vector<float>(351077, 0.5f)), weights(gradients);
  std::vector<std::vector<Client::PushPull>> buckets;  // two of each worker
  std::vector<std::vector<Client::Push>> pushes(4);
  std::vector<std::vector<Client::Pull>> pulls(4);
  for (std::uint32_t rank = 0; rank < 2; ++rank) {
    clients[rank]->open_table(spec);
    const auto& slices = clients[rank]->slices(1);
    std::size_t at = 0;
    buckets.resize(buckets.size() + 2);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      buckets[2 * rank + i % 2].push_back(
          {static_cast<int>(i), gradients[rank].data() + at, weights[rank].data() + at});
      pushes[2 * rank + i % 2].push_back({static_cast<int>(i), gradients[rank].data() + at});
      pulls[2 * rank + i % 2].push_back({static_cast<int>(i), weights[rank].data() + at});
      at += slices[i].size;
    }
  }
  constexpr int kSteps = 300, kWarm = 60;
  std::atomic<int> warm = 0, finished = 0;
  std::atomic<long> counted = -1;
  const auto work = [&](std::uint32_t rank) {
    std::counting_semaphore<> done(0);
    for (int step = 0; step < kSteps; ++step) {
      if (step == kWarm && ++warm == 2) testing::start_counting();
      for (std::size_t bucket = 2 * rank; bucket < 2 * rank + 2; ++bucket)
        if (apart) {
          clients[rank]->push(1, step, 0.1, step, pushes[bucket], [&done] { done.release(); });
          clients[rank]->pull(1, step, pulls[bucket], [&done] { done.release(); });
        } else {
          clients[rank]->push_pull(1, step, 0.1, step, buckets[bucket], [&done] { done.release(); });
        }
      for (int i = 0; i < (apart ? 4 : 2); ++i) done.acquire();
    }
    if (++finished == 1) counted = testing::stop_counting();
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  EXPECT_EQ(counted, 0);
  for (const auto& client : clients) client->finish();
}

TEST(Allocation, ASteadyStepMakesNone) { expect_none(R"({"class_name": "Adam"})", false); }
TEST(Allocation, APushAndAPullMakeNone) { expect_none(R"({"class_name": "SGD"})", true); }
TEST(Allocation, ASumMakesNone) { expect_none(std::string(kNoRule), false); }

}  // namespace
}  // namespace shoal::ps

#endif
