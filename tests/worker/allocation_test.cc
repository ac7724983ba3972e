// A whole step of a worker (plan, updater, client) and of its servers allocates nothing once steps are under way.
// Sanitizers have their own malloc, so there this file holds nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "tests/model/plan/models.h"
#include "tests/ps/cluster.h"
#include "worker/remote_updater.h"

extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_memalign(std::size_t, std::size_t);

namespace {
std::atomic<bool> counting = false;
std::atomic<int> allocations = 0;
void count() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

// Every one of this program, operator new's too, from any thread.
extern "C" void* malloc(std::size_t bytes) {
  count();
  return __libc_malloc(bytes);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
extern "C" void* mmap(void* address, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  count();
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, bytes, protection, flags, fd, offset));
}

namespace shoal::worker {
namespace {

class Forward : public plan::Observer {
 public:
  explicit Forward(train::ParameterUpdater& updater) : updater_(updater) {}
  void before_forward(int v) override { updater_.before_forward(v); }
  void before_gradient_write(int v) override { updater_.before_gradient_write(v); }
  void gradient_ready(int v) override { updater_.gradient_ready(v); }

 private:
  train::ParameterUpdater& updater_;
};

TEST(Allocation, TheCounterCounts) {
  counting = true;
  allocations = 0;
  ::operator delete(::operator new(100));
  std::free(std::aligned_alloc(64, 128));
  ::munmap(::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
  counting = false;
  EXPECT_EQ(allocations, 3);
}

// Dropout is in the network; batches are full, short and empty in turn.
TEST(Allocation, AStepOfAWorkerAndItsServersMakesNone) {
  for (const int threads : {1, 2}) {
    ps::Cluster cluster(1, 2);
    auto connection = std::make_shared<Connection>(cluster.connect(0));
    testing::TracedStep step = testing::traced_cnn(DType::kFloat32, 600);
    const auto plan = step.compile({.threads = threads, .order = plan::Options::Order::kLayerFirst});
    const auto updater = make_remote_updater(connection, *step.space, {{"class_name", "Adam"}}, {});
    updater->publish_weights();
    Forward observer(*updater);
    const testing::Batch full = testing::cnn_batch(32), part = testing::cnn_batch(5), none = testing::cnn_batch(0);
    const std::vector<std::vector<const void*>> inputs{full.inputs(), part.inputs(), none.inputs()};
    const std::vector<std::int64_t> rows{32, 5, 0};
    constexpr int kSteps = 120, kWarm = 60;
    allocations = 0;
    for (int i = 0; i < kSteps; ++i) {
      if (i == kWarm) {
        updater->all_current();
        counting = true;
      }
      const auto at = static_cast<std::size_t>(i % 3);
      updater->begin_step({i, 0.001});
      plan->run(inputs[at], {rows[at], i, 0, 1.0 / 32}, &observer);
      updater->step_done();
    }
    updater->all_current();
    counting = false;
    EXPECT_EQ(allocations, 0) << threads << " threads";
    connection->client->finish();
  }
}

}  // namespace
}  // namespace shoal::worker

#endif
