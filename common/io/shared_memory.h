#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace shoal::io {

// Memory that processes of one host share. It has no name in any directory and is gone with the last process that maps
// it, however that process ends. Others find it by its creator's process id and descriptor.
class SharedMemory {
 public:
  struct Handle {
    std::int64_t process = 0;
    std::int32_t descriptor = -1;
    std::uint64_t bytes = 0;
  };

  static SharedMemory create(std::size_t bytes);   // zeroed; throws IoError
  static SharedMemory open(const Handle& handle);  // throws IoError when it is not there, or not of that size
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  Handle handle() const;  // valid while this object lives in the process that created the memory
  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

  // Replaces the pages at `at` (from allocate_pages, a multiple of a page) by those at `offset`.
  void map_over(void* at, std::size_t offset, std::size_t bytes) const;

 private:
  SharedMemory(int descriptor, std::size_t bytes);
  int descriptor_ = -1;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

std::size_t page_bytes();
std::size_t whole_pages(std::size_t bytes);  // rounded up

// Zeroed pages of this process, which SharedMemory::map_over may replace.
std::shared_ptr<void> allocate_pages(std::size_t bytes);
bool are_pages(const void* at);  // made by allocate_pages
// The same values at the same place, in pages that no other process sees.
void make_private(void* at, std::size_t bytes);

}  // namespace shoal::io
