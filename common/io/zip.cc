#include "common/io/zip.h"

#include <zip.h>

#include <algorithm>

#include "common/base/error.h"

namespace shoal::io {

namespace {

std::string open_error(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

struct MemberDeleter {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Member = std::unique_ptr<zip_file_t, MemberDeleter>;

}  // namespace

struct ZipReader::Impl {
  std::string path;
  zip_t* archive = nullptr;

  // Calls `take(data, bytes)` for the member's pieces.
  template <class Take>
  void each_piece(const std::string& name, Take&& take) const {
    const zip_int64_t index = zip_name_locate(archive, name.c_str(), 0);
    if (index < 0) raise<IoError>("{}: has no member '{}'", path, name);
    const Member member(zip_fopen_index(archive, static_cast<zip_uint64_t>(index), 0));
    if (!member) raise<IoError>("{}: member '{}' cannot be opened: {}", path, name, zip_strerror(archive));
    std::vector<char> buffer(1 << 16);
    while (true) {
      const zip_int64_t got = zip_fread(member.get(), buffer.data(), buffer.size());
      if (got < 0) raise<IoError>("{}: member '{}' is damaged: {}", path, name, zip_file_strerror(member.get()));
      if (got == 0) return;
      take(buffer.data(), static_cast<std::size_t>(got));
    }
  }
};

ZipReader::ZipReader(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  int code = 0;
  impl_->archive = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (!impl_->archive) raise<IoError>("{}: cannot be opened as a zip archive: {}", path, open_error(code));
}

ZipReader::~ZipReader() {
  if (impl_->archive) zip_discard(impl_->archive);
}

std::vector<std::string> ZipReader::names() const {
  std::vector<std::string> names;
  const zip_int64_t count = zip_get_num_entries(impl_->archive, 0);
  for (zip_int64_t i = 0; i < count; ++i)
    if (const char* name = zip_get_name(impl_->archive, static_cast<zip_uint64_t>(i), 0)) names.emplace_back(name);
  return names;
}

bool ZipReader::has(const std::string& name) const { return zip_name_locate(impl_->archive, name.c_str(), 0) >= 0; }

std::string ZipReader::read(const std::string& name, std::uint64_t limit) const {
  std::string text;
  impl_->each_piece(name, [&](const char* data, std::size_t bytes) {
    if (text.size() + bytes > limit)
      raise<IoError>("{}: member '{}' is longer than the {} bytes allowed", impl_->path, name, limit);
    text.append(data, bytes);
  });
  return text;
}

TemporaryFile ZipReader::extract(const std::string& name) const {
  TemporaryFile file;
  impl_->each_piece(name, [&](const char* data, std::size_t bytes) { file.append(data, bytes); });
  return file;
}

struct ZipWriter::Impl {
  std::string path;
  zip_t* archive = nullptr;
  std::vector<std::unique_ptr<std::string>> texts;  // libzip reads them when it closes

  void add(const std::string& name, zip_source_t* source) {
    if (!source) raise<IoError>("{}: member '{}' cannot be added: {}", path, name, zip_strerror(archive));
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      raise<IoError>("{}: member '{}' cannot be added: {}", path, name, zip_strerror(archive));
    }
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  }
};

ZipWriter::ZipWriter(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  int code = 0;
  impl_->archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!impl_->archive) raise<IoError>("{}: cannot be made as a zip archive: {}", path, open_error(code));
}

ZipWriter::~ZipWriter() {
  if (impl_->archive) zip_discard(impl_->archive);
}

void ZipWriter::add(const std::string& name, std::string text) {
  const auto& kept = impl_->texts.emplace_back(std::make_unique<std::string>(std::move(text)));
  impl_->add(name, zip_source_buffer(impl_->archive, kept->data(), kept->size(), 0));
}

void ZipWriter::add_file(const std::string& name, const std::string& path) {
  impl_->add(name, zip_source_file(impl_->archive, path.c_str(), 0, -1));
}

void ZipWriter::close() {
  if (zip_close(impl_->archive) != 0)
    raise<IoError>("{}: cannot be written: {}", impl_->path, zip_strerror(impl_->archive));
  impl_->archive = nullptr;
}

}  // namespace shoal::io
