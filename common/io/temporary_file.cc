#include "common/io/temporary_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/base/error.h"

namespace shoal::io {

TemporaryFile::TemporaryFile() {
  std::error_code error;
  const auto directory = std::filesystem::temp_directory_path(error);
  path_ = ((error ? "/tmp" : directory) / "shoal-XXXXXX").string();
  fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
  if (fd_ < 0) raise<IoError>("{}: no temporary file can be made: {}", path_, std::strerror(errno));
}

TemporaryFile::~TemporaryFile() {
  remove_name();
  if (fd_ >= 0) ::close(fd_);
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::exchange(other.path_, {})) {}

void TemporaryFile::append(const void* data, std::size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(fd_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) raise<IoError>("{}: cannot be written: {}", path_, std::strerror(errno));
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void TemporaryFile::remove_name() {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace shoal::io
