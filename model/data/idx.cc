#include "model/data/idx.h"

#include <cstring>

#include "common/base/error.h"
#include "common/io/gzip.h"

namespace shoal {

Tensor load_idx(const std::string& path) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 34;
  const std::string content = io::read_gzip(path, kLimit);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(content[i])); };
  if (content.size() < 4 || byte(0) != 0 || byte(1) != 0) raise<IoError>("{}: not an IDX file", path);
  if (byte(2) != 0x08) raise<IoError>("{}: IDX elements must be bytes (type 8), received type {}", path, byte(2));
  const std::size_t rank = byte(3), begin = 4 + 4 * rank;
  if (rank == 0 || content.size() < begin) raise<IoError>("{}: IDX header ends early", path);

  std::vector<std::int64_t> dims;
  std::uint64_t bytes = 1;
  for (std::size_t i = 4; i < begin; i += 4) {
    dims.push_back(byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3));
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(dims.back()), &bytes) || bytes > kLimit)
      raise<IoError>("{}: IDX array is larger than the {} bytes allowed", path, kLimit);
  }
  if (content.size() - begin != bytes)
    raise<IoError>("{}: IDX data must be {} bytes, received {}", path, bytes, content.size() - begin);
  Tensor tensor(Shape(dims), DType::kUInt8);
  if (bytes > 0) std::memcpy(tensor.mutable_raw(), content.data() + begin, bytes);
  return tensor;
}

}  // namespace shoal
