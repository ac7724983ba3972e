#include "model/saving/checkpoint_seal.h"

#include <filesystem>
#include <fstream>

#include "common/base/error.h"
#include "common/io/crc32.h"

namespace shoal::saving {

namespace {

constexpr const char* kFormat = "shoal checkpoint 1";

std::string seal(std::uint64_t bytes, std::uint32_t crc) {
  std::string line = fmt::format("{}\n{} bytes crc32 {:08x}\n", kFormat, bytes, crc);
  line.resize(kSealBytes, '\0');
  return line;
}

std::string seal_of(const std::string& path, std::uint64_t size) {
  return seal(size - kSealBytes, io::crc32_of_file(path, kSealBytes));
}

std::uint64_t size_of_file(const std::string& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) raise<IoError>("{}: cannot be read: {}", path, error.message());
  return size;
}

}  // namespace

void write_seal(const std::string& path) {
  const std::string line = seal_of(path, size_of_file(path));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.write(line.data(), static_cast<std::streamsize>(line.size()));
  file.close();
  if (!file) raise<IoError>("{}: cannot be written", path);
}

void verify_seal(const std::string& path) {
  const std::uint64_t size = size_of_file(path);
  if (size <= kSealBytes) raise<IoError>("{}: is cut off at {} bytes", path, size);
  std::string found(kSealBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(found.data(), kSealBytes)) raise<IoError>("{}: cannot be read", path);
  if (!found.starts_with(kFormat)) raise<IoError>("{}: is not a checkpoint of this format", path);
  if (found != seal_of(path, size)) raise<IoError>("{}: is damaged: length or checksum differ from its seal", path);
}

}  // namespace shoal::saving
