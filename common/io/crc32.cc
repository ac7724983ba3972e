#include "common/io/crc32.h"

#include <zlib.h>

#include <fstream>
#include <vector>

#include "common/base/error.h"

namespace shoal::io {

void Crc32::add(std::span<const std::byte> bytes) {
  value_ = static_cast<std::uint32_t>(::crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32_of_file(const std::string& path, std::uint64_t begin) {
  std::ifstream in(path, std::ios::binary);
  if (!in) raise<IoError>("{}: cannot be opened", path);
  in.seekg(static_cast<std::streamoff>(begin));
  std::vector<char> buffer(1 << 20);
  Crc32 sum;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (in.gcount() > 0) sum.add(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad() || !in.eof()) raise<IoError>("{}: cannot be read", path);
  return sum.value();
}

}  // namespace shoal::io
