#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/temporary_file.h"

// Zip archives; the only user of libzip. Errors are IoError naming archive and member.
namespace shoal::io {

class ZipReader {
 public:
  explicit ZipReader(const std::string& path);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  // Whole members, their checksum verified; throws when longer than `limit`.
  std::string read(const std::string& name, std::uint64_t limit) const;
  TemporaryFile extract(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes members one behind the other, stored without compression.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path);  // replaces what is there
  ~ZipWriter();                                 // without `close` nothing is written
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  void add(const std::string& name, std::string text);
  void add_file(const std::string& name, const std::string& path);  // read when closed
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal::io
