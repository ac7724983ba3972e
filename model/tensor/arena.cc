#include "model/tensor/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "model/tensor/tensor.h"

namespace shoal {
namespace {

// In pages of 2 MiB where the system has them: rows of a large table are read in no order, and each small page would be
// looked up anew. Costs memory only where it is touched.
constexpr std::size_t kPage = 2 << 20, kLarge = 4 * kPage;

std::shared_ptr<void> map(std::size_t bytes) {
  const std::size_t all = bytes + kPage;
  void* memory = ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  const std::shared_ptr<void> owner(memory, [all](void* at) { ::munmap(at, all); });
  void* first = reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) / kPage * kPage);
  ::madvise(first, bytes, MADV_HUGEPAGE);  // no loss where it is refused
  return {owner, first};
}

}  // namespace

Arena heap_arena(std::size_t bytes) { return {bytes < kLarge ? allocate_values(bytes) : map(bytes), bytes}; }

void take_small_pages(const Arena& arena) {
  if (arena.bytes >= kLarge) ::madvise(arena.memory.get(), arena.bytes, MADV_NOHUGEPAGE);
}

}  // namespace shoal
