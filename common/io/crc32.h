#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace shoal::io {

// The checksum of zip and gzip, over bytes that come in pieces.
class Crc32 {
 public:
  void add(std::span<const std::byte> bytes);
  void add(const void* data, std::size_t bytes) { add({static_cast<const std::byte*>(data), bytes}); }
  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
};

// Of a file's bytes from `begin` to its end; throws IoError.
std::uint32_t crc32_of_file(const std::string& path, std::uint64_t begin = 0);

}  // namespace shoal::io
