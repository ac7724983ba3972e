#include "common/io/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "common/base/error.h"

namespace shoal::io {
namespace {

std::mutex live_mutex;
std::set<const void*> live;  // what allocate_pages gave out

std::string reason() { return std::strerror(errno); }

void* anonymous_pages(std::size_t bytes) {
  void* at = ::mmap(nullptr, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) raise<IoError>("memory: {} bytes cannot be had: {}", bytes, reason());
  return at;
}

}  // namespace

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::size_t whole_pages(std::size_t bytes) { return (bytes + page_bytes() - 1) / page_bytes() * page_bytes(); }

SharedMemory::SharedMemory(int descriptor, std::size_t bytes) : descriptor_(descriptor), bytes_(bytes) {
  void* at = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (at == MAP_FAILED) {
    const std::string why = reason();
    ::close(descriptor_);
    raise<IoError>("shared memory: {} bytes cannot be mapped: {}", bytes, why);
  }
  data_ = static_cast<std::byte*>(at);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

SharedMemory SharedMemory::create(std::size_t bytes) {
  bytes = whole_pages(bytes);
  const int descriptor = ::memfd_create("shoal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) raise<IoError>("shared memory: {}", reason());
  // All of it now, so that a host without enough of it says so here and not by killing a process in mid-training.
  const int error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  if (error != 0 || ::fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const std::string why = error != 0 ? std::strerror(error) : reason();
    ::close(descriptor);
    raise<IoError>("shared memory: {} bytes cannot be had: {}", bytes, why);
  }
  return {descriptor, bytes};
}

SharedMemory SharedMemory::open(const Handle& handle) {
  const std::string path = fmt::format("/proc/{}/fd/{}", handle.process, handle.descriptor);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) raise<IoError>("shared memory: {}: {}", path, reason());
  struct stat about {};
  // Sealed against shrinking: what is mapped stays there.
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(descriptor, &about) != 0 ||
      static_cast<std::uint64_t>(about.st_size) != handle.bytes || handle.bytes == 0) {
    ::close(descriptor);
    raise<IoError>("shared memory: {} is no memory of {} bytes that was made to be shared", path, handle.bytes);
  }
  return {descriptor, handle.bytes};
}

SharedMemory::Handle SharedMemory::handle() const { return {::getpid(), descriptor_, bytes_}; }

void SharedMemory::map_over(void* at, std::size_t offset, std::size_t bytes) const {
  if (bytes == 0) return;
  if (offset % page_bytes() != 0 || whole_pages(bytes) > bytes_ || offset > bytes_ - whole_pages(bytes))
    raise<InternalError>("shared memory: {} bytes at {} of {}", bytes, offset, bytes_);
  if (::mmap(at, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor_,
             static_cast<off_t>(offset)) == MAP_FAILED)
    raise<IoError>("shared memory: {} bytes cannot be mapped: {}", bytes, reason());
}

std::shared_ptr<void> allocate_pages(std::size_t bytes) {
  const std::size_t whole = whole_pages(bytes == 0 ? 1 : bytes);
  void* pages = anonymous_pages(whole);
  const std::lock_guard lock(live_mutex);
  live.insert(pages);
  return {pages, [whole](void* at) {
            const std::lock_guard in_deleter(live_mutex);
            live.erase(at);
            ::munmap(at, whole);
          }};
}

bool are_pages(const void* at) {
  const std::lock_guard lock(live_mutex);
  return live.contains(at);
}

void make_private(void* at, std::size_t bytes) {
  if (bytes == 0) return;
  void* copy = anonymous_pages(bytes);
  std::memcpy(copy, at, bytes);
  if (::mremap(copy, whole_pages(bytes), whole_pages(bytes), MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) {
    const std::string why = reason();
    ::munmap(copy, whole_pages(bytes));
    raise<IoError>("memory: {} bytes cannot be moved: {}", bytes, why);
  }
}

}  // namespace shoal::io
