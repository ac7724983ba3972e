// Counts every allocation of every thread while armed. Sanitizers bring their own allocator: then there is no test.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "model/plan/plan.h"
#include "tests/model/plan/models.h"

namespace {
std::atomic<bool> armed{false};
std::atomic<long> allocations{0};
void count() {
  if (armed.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) {
  count();
  return __libc_realloc(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  count();
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
void* mmap(void* address, std::size_t length, int protection, int flags, int file, off_t offset) {
  count();
  // NOLINTNEXTLINE: the system call itself
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, length, protection, flags, file, offset));
}
}

namespace shoal {
namespace {

using plan::Options;

struct Silent : plan::Observer {
  void before_forward(int) override {}
  void before_gradient_write(int) override {}
  void gradient_ready(int) override {}
};

TEST(Allocation, TheCounterCounts) {
  allocations = 0;
  armed = true;
  void* volatile p = std::malloc(10);
  void* volatile q = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  armed = false;
  std::free(p);
  munmap(q, 4096);
  EXPECT_EQ(allocations, 2);
}

TEST(Allocation, AReplayedStepAllocatesNothing) {
  for (std::int64_t wide : {16, 600})
    for (int threads : {1, 2, 3})
      for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst}) {
        testing::TracedStep step = testing::traced_cnn(DType::kFloat32, wide);
        const auto plan = step.compile({.threads = threads, .order = order});
        Silent observer;
        const testing::Batch full = testing::cnn_batch(32), brief = testing::cnn_batch(5), none = testing::cnn_batch(0);
        const auto inputs = full.inputs(), brief_inputs = brief.inputs(), none_inputs = none.inputs();
        plan->run(inputs, {32, 0, 0, 1.0 / 32}, &observer);
        allocations = 0;
        armed = true;
        for (int i = 1; i < 20; ++i) {
          plan->run(inputs, {32, i, 0, 1.0 / 32}, &observer);
          plan->run(brief_inputs, {5, i, 0, 1.0 / 5}, nullptr);
          plan->run(none_inputs, {0, i, 0, 1.0 / 5}, &observer);
        }
        armed = false;
        EXPECT_EQ(allocations, 0) << threads << " threads, wide " << wide;
      }
}

}  // namespace
}  // namespace shoal

#endif
