#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace shoal::io {

// Bytes of a file, decompressed when it is gzip and as they are when it is not. Errors are IoError naming the file; a
// gzip stream that ends early or whose checksum is wrong is one.
class GzipReader {
 public:
  explicit GzipReader(const std::string& path);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  std::size_t read(void* out, std::size_t bytes);  // less than asked only at the end
  const std::string& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole content; throws when it is longer than `limit`.
std::string read_gzip(const std::string& path, std::uint64_t limit);

}  // namespace shoal::io
