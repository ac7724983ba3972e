#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal::io {

struct Image {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;  // row by row, channels last
};

// 8-bit gray (1 channel) or RGB (3 channels), pixels as stored; other kinds, damage and sizes above `limit` bytes are
// IoError naming the file. The only user of libpng.
Image read_png(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 30);

}  // namespace shoal::io
