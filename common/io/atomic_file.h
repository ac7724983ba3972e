#pragma once

#include <string>

namespace shoal::io {

// A file that appears under its name whole or not at all: the writer fills `temporary()`, which lies in the same
// directory, and `commit` puts it on the disk and renames it. Without commit nothing is left behind.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);  // throws IoError when the directory is not there or not writable
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& temporary() const { return temporary_; }
  void commit();  // fsync, rename, fsync of the directory; throws IoError

 private:
  std::string path_, temporary_;
  bool done_ = false;
};

// Removes what killed writers left in the directory: temporary files of processes that are no more.
void remove_stale_temporaries(const std::string& directory);

}  // namespace shoal::io
