#pragma once

#include <cstddef>
#include <type_traits>

namespace shoal::plan {

// The process's one pool of compute threads. The calling thread takes part, so one thread means no other thread.
class ThreadPool {
 public:
  static ThreadPool& global();
  int threads() const;
  void resize(int threads);  // not while a task runs

  // Calls task(i, worker) for i in [0, count), each once, on any thread; returns when all are done. `worker` is in
  // [0, threads()). The first exception is rethrown. Allocates nothing.
  template <class Task>
  void run(std::size_t count, Task&& task) {
    run_raw(
        count,
        [](void* context, std::size_t i, int worker) {
          (*static_cast<std::remove_reference_t<Task>*>(context))(i, worker);
        },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

 private:
  void run_raw(std::size_t count, void (*call)(void*, std::size_t, int), void* context);
};

}  // namespace shoal::plan
