#include "model/plan/thread_pool.h"

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "model/kernels/table.h"

namespace shoal::plan {
namespace {

constexpr int kSpins = 2000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// One batch of tasks at a time. A ticket holds how many tasks nobody has taken yet; who takes one counts it as done
// afterwards, so threads that wake late are not waited for.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int worker = 1; worker < threads; ++worker) threads_.emplace_back([this, worker] { work(worker); });
  }

  ~Pool() {
    stop_ = true;
    ++epoch_;
    epoch_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int threads() const { return static_cast<int>(threads_.size()) + 1; }

  void run(std::size_t count, void (*call)(void*, std::size_t, int), void* context) {
    // Busy when a task uses the pool itself, or another thread does: then this thread works alone.
    if (count <= 1 || threads_.empty() || busy_.exchange(true, std::memory_order_acquire)) {
      for (std::size_t i = 0; i < count; ++i) call(context, i, 0);
      return;
    }
    call_ = call;
    context_ = context;
    count_ = static_cast<std::uint32_t>(count);
    done_.store(0, std::memory_order_relaxed);
    error_ = nullptr;
    failed_.store(false, std::memory_order_relaxed);
    left_.store(count_, std::memory_order_release);
    epoch_.fetch_add(1, std::memory_order_release);
    epoch_.notify_all();
    take_tasks(0);
    for (int spin = 0; spin < kSpins && done_.load(std::memory_order_acquire) != count_; ++spin) pause();
    for (std::uint32_t seen; (seen = done_.load(std::memory_order_acquire)) != count_;)
      done_.wait(seen, std::memory_order_acquire);
    const std::exception_ptr error = std::exchange(error_, nullptr);
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
  }

 private:
  void take_tasks(int worker) {
    std::uint32_t left = left_.load(std::memory_order_acquire);
    while (left > 0) {
      if (!left_.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      // While this task is not done the batch is not over: its fields stay as they are.
      const std::uint32_t count = count_;
      try {
        call_(context_, count - left, worker);
      } catch (...) {
        if (!failed_.exchange(true)) error_ = std::current_exception();
      }
      if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done_.notify_all();
      left = left_.load(std::memory_order_acquire);
    }
  }

  void work(int worker) {
    kernels::flush_denormals();
    for (;;) {
      const std::uint32_t epoch = epoch_.load(std::memory_order_acquire);
      if (stop_) return;
      take_tasks(worker);
      int spin = 0;
      while (spin < kSpins && epoch_.load(std::memory_order_acquire) == epoch) ++spin, pause();
      epoch_.wait(epoch, std::memory_order_acquire);
    }
  }

  std::vector<std::thread> threads_;
  void (*call_)(void*, std::size_t, int) = nullptr;
  void* context_ = nullptr;
  std::uint32_t count_ = 0;
  alignas(64) std::atomic<std::uint32_t> left_{0};
  alignas(64) std::atomic<std::uint32_t> done_{0};
  alignas(64) std::atomic<std::uint32_t> epoch_{0};
  std::atomic<bool> busy_{false}, stop_{false}, failed_{false};
  std::exception_ptr error_;
};

std::unique_ptr<Pool>& pool() {
  static auto instance = std::make_unique<Pool>(1);
  return instance;
}

}  // namespace

ThreadPool& ThreadPool::global() {
  static ThreadPool instance;
  return instance;
}

int ThreadPool::threads() const { return pool()->threads(); }

void ThreadPool::resize(int threads) {
  if (threads < 1) raise("threads must be positive, received {}", threads);
  if (threads == pool()->threads()) return;
  pool() = nullptr;
  pool() = std::make_unique<Pool>(threads);
}

void ThreadPool::run_raw(std::size_t count, void (*call)(void*, std::size_t, int), void* context) {
  pool()->run(count, call, context);
}

}  // namespace shoal::plan
