#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>

namespace shoal::testing {

// Counts the allocations of all threads of a test program, operator new's too, where the program is linked with
// allocations.cc. Not under the sanitizers: they bring allocators of their own.
inline std::atomic<bool> counting_allocations{false};
inline std::atomic<long> allocations{0};

inline void start_counting() {
  allocations = 0;
  counting_allocations = true;
}
inline long stop_counting() {
  counting_allocations = false;
  return allocations;
}

// What a test of the counter expects to count: 4.
inline void allocate_a_little() {
  void* volatile at = ::operator new(100);  // volatile: no pair of calls is left out
  ::operator delete(at);
  at = std::malloc(10);
  std::free(at);
  at = std::aligned_alloc(64, 128);
  std::free(at);
  ::munmap(::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

}  // namespace shoal::testing
