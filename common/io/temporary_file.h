#pragma once

#include <cstddef>
#include <string>

namespace shoal::io {

// A scratch file in the directory for temporary files. It is gone with its owner; once whoever needs its name has
// opened it, `remove_name` makes sure that it is gone even when the process is killed.
class TemporaryFile {
 public:
  TemporaryFile();  // throws IoError
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  void append(const void* data, std::size_t bytes);  // throws IoError
  const std::string& path() const { return path_; }
  void remove_name();

 private:
  int fd_ = -1;
  std::string path_;
};

}  // namespace shoal::io
