#include "common/io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/error.h"

namespace shoal::io {

struct GzipReader::Impl {
  std::string path;
  gzFile file = nullptr;
};

GzipReader::GzipReader(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) raise<IoError>("{}: is a directory, not a file", path);
  impl_->file = gzopen(path.c_str(), "rb");
  if (!impl_->file) raise<IoError>("{}: cannot be opened for reading: {}", path, std::strerror(errno));
  gzbuffer(impl_->file, 1 << 17);
}

GzipReader::~GzipReader() {
  if (impl_->file) gzclose(impl_->file);
}

const std::string& GzipReader::path() const { return impl_->path; }

std::size_t GzipReader::read(void* out, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const auto piece = static_cast<unsigned>(std::min<std::size_t>(bytes - done, 1 << 30));
    const int got = gzread(impl_->file, static_cast<char*>(out) + done, piece);
    int code = Z_OK;
    const char* text = gzerror(impl_->file, &code);
    // A stream cut short yields its last bytes first and only then says so, through the error state.
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      raise<IoError>("{}: gzip data is damaged or ends early: {}", impl_->path, text);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::string read_gzip(const std::string& path, std::uint64_t limit) {
  GzipReader reader(path);
  std::string content;
  std::string piece(1 << 20, '\0');
  while (const std::size_t got = reader.read(piece.data(), piece.size())) {
    if (content.size() + got > limit) raise<IoError>("{}: content is longer than the {} bytes allowed", path, limit);
    content.append(piece, 0, got);
  }
  return content;
}

}  // namespace shoal::io
