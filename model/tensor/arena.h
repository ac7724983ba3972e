#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace shoal {

// One stretch of 64-byte aligned memory that holds many tensors. Who owns the run decides where it lies: the heap
// when alone, a shared mapping in a worker. Cheap to copy; the memory lives as long as one copy.
struct Arena {
  std::shared_ptr<void> memory;
  std::size_t bytes = 0;
  std::byte* at(std::size_t offset) const { return static_cast<std::byte*>(memory.get()) + offset; }
};

using ArenaAllocator = std::function<Arena(std::size_t bytes)>;

Arena heap_arena(std::size_t bytes);  // zeroed
// Of an arena that is not touched yet and will be in few places: let each cost a small page.
void take_small_pages(const Arena& arena);

}  // namespace shoal
