#include "common/io/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "common/base/error.h"

namespace shoal::io {

namespace {

constexpr std::string_view kMark = ".shoal-tmp-";

std::string directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// Makes a file's or directory's content survive a power cut.
void sync(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) raise<IoError>("{}: cannot be opened to be synced: {}", path, std::strerror(errno));
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Some file systems have no sync of directories; that is all they can do.
  if (result != 0 && !((flags & O_DIRECTORY) && error == EINVAL))
    raise<IoError>("{}: cannot be synced: {}", path, std::strerror(error));
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path target(path_);
  const auto name = fmt::format(".{}{}{}-{}", target.filename().string(), kMark, ::getpid(), counter++);
  temporary_ = (target.parent_path() / name).string();
  const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) raise<IoError>("{}: cannot be written: {}", path_, std::strerror(errno));
  ::close(fd);
}

AtomicFile::~AtomicFile() {
  if (!done_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  sync(temporary_, O_RDONLY);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    raise<IoError>("{}: cannot be written: {}", path_, std::strerror(errno));
  done_ = true;
  sync(directory_of(path_), O_RDONLY | O_DIRECTORY);
}

void remove_stale_temporaries(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    const auto mark = name.rfind(kMark);
    if (name.front() != '.' || mark == std::string::npos) continue;
    int pid = 0;
    const char* first = name.data() + mark + kMark.size();
    const auto [end, bad] = std::from_chars(first, name.data() + name.size(), pid);
    if (bad != std::errc() || pid <= 0 || *end != '-') continue;
    if (::kill(pid, 0) != 0 && errno == ESRCH) {
      std::error_code ignored;
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

}  // namespace shoal::io
