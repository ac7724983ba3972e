#pragma once

// Counts the allocations of all threads of a test program, operator new's too. To be included by one source of a
// program, which holds nothing under the sanitizers: they bring allocators of their own.

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace shoal::testing {

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
inline void count_allocation() {
  if (counting_allocations.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

// What a test of the counter expects to count: 4.
inline void allocate_a_little() {
  ::operator delete(::operator new(100));
  void* volatile at = std::malloc(10);
  std::free(at);
  std::free(std::aligned_alloc(64, 128));
  ::munmap(::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

}  // namespace shoal::testing

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  shoal::testing::count_allocation();
  return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) {
  shoal::testing::count_allocation();
  return __libc_calloc(n, bytes);
}
void* realloc(void* at, std::size_t bytes) {
  shoal::testing::count_allocation();
  return __libc_realloc(at, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  shoal::testing::count_allocation();
  return __libc_memalign(alignment, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  shoal::testing::count_allocation();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
  shoal::testing::count_allocation();
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}
void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  shoal::testing::count_allocation();
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}
}
