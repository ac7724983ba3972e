// Steps allocate nothing once they are under way: neither in the training thread nor in the client's or server's.
// Sanitizers have their own malloc, so there this file holds nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <semaphore>

#include "tests/ps/cluster.h"

extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_memalign(std::size_t, std::size_t);

namespace {
std::atomic<bool> counting = false;
std::atomic<int> allocations = 0;
void count() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

// Every malloc of this program, operator new's too, from any thread.
extern "C" void* malloc(std::size_t bytes) {
  count();
  return __libc_malloc(bytes);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}

namespace shoal::ps {
namespace {

TEST(Allocation, TheCounterCounts) {
  counting = true;
  allocations = 0;
  ::operator delete(::operator new(100));
  counting = false;
  EXPECT_EQ(allocations, 1);
}

TEST(Allocation, ASteadyStepMakesNone) {
  Cluster cluster(2, 2);
  const std::vector<std::size_t> sizes = {300000, 1000, 77, 50000};
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint32_t rank = 0; rank < 2; ++rank) clients.push_back(cluster.connect(rank));
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = sizes;
  spec.rule = R"({"class_name": "Adam"})";
  std::vector<std::vector<float>> gradients(2, std::vector<float>(351077, 0.5f)), weights(gradients);
  std::vector<std::vector<Client::PushPull>> buckets;  // two of each worker
  for (std::uint32_t rank = 0; rank < 2; ++rank) {
    clients[rank]->open_table(spec);
    const auto& slices = clients[rank]->slices(1);
    std::size_t at = 0;
    buckets.resize(buckets.size() + 2);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      buckets[2 * rank + i % 2].push_back(
          {static_cast<int>(i), gradients[rank].data() + at, weights[rank].data() + at});
      at += slices[i].size;
    }
  }
  constexpr int kSteps = 300, kWarm = 60;
  std::atomic<int> warm = 0, finished = 0;
  const auto work = [&](std::uint32_t rank) {
    std::counting_semaphore<> done(0);
    for (int step = 0; step < kSteps; ++step) {
      if (step == kWarm && ++warm == 2) counting = true;
      for (std::size_t bucket = 0; bucket < 2; ++bucket)
        clients[rank]->push_pull(1, step, 0.1, step, buckets[2 * rank + bucket], [&done] { done.release(); });
      done.acquire();
      done.acquire();
    }
    if (++finished == 1) counting = false;
  };
  allocations = 0;
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  EXPECT_EQ(allocations, 0);
  for (const auto& client : clients) client->finish();
}

}  // namespace
}  // namespace shoal::ps

#endif
