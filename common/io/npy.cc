#include "common/io/npy.h"

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/base/error.h"
#include "common/io/atomic_file.h"
#include "common/io/gzip.h"
#include "common/io/npy_header.h"
#include "common/io/zip.h"

namespace shoal::io {

namespace {

static_assert(std::endian::native == std::endian::little, "arrays are stored as they lie in memory");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kLimit = std::uint64_t{1} << 36;

struct ElementType {
  std::string_view dtype, descr;
  std::size_t bytes;
};
constexpr std::array<ElementType, 6> kTypes = {{{"float32", "<f4", 4},
                                                {"float64", "<f8", 8},
                                                {"int32", "<i4", 4},
                                                {"int64", "<i8", 8},
                                                {"uint8", "|u1", 1},
                                                {"bool", "|b1", 1}}};

const ElementType& type_of(const std::string& descr, const std::string& place) {
  for (const auto& type : kTypes)
    if (type.descr == descr ||
        (type.bytes == 1 && type.descr.substr(1) == std::string_view(descr).substr(!descr.empty())))
      return type;
  if (descr.starts_with('>'))
    raise<IoError>("{}: big-endian arrays are not read, received element type '{}'", place, descr);
  raise<IoError>("{}: element type must be float32, float64, int32, int64, uint8 or bool, received '{}'", place, descr);
}

std::uint64_t checked_bytes(const std::vector<std::int64_t>& shape, std::size_t element, const std::string& place) {
  std::uint64_t bytes = element;
  bool empty = false;
  for (const auto size : shape) empty = empty || size == 0;
  if (empty) return 0;
  for (const auto size : shape)
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes) || bytes > kLimit)
      raise<IoError>("{}: array is larger than {} bytes", place, kLimit);
  return bytes;
}

std::string to_row_major(const std::string& data, const std::vector<std::int64_t>& shape, std::size_t element) {
  std::string out(data.size(), '\0');
  std::vector<std::int64_t> index(shape.size(), 0);
  std::vector<std::size_t> stride(shape.size(), element);
  for (std::size_t axis = 1; axis < shape.size(); ++axis)
    stride[axis] = stride[axis - 1] * static_cast<std::size_t>(shape[axis - 1]);
  for (std::size_t to = 0; to < out.size(); to += element) {
    std::size_t from = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      from += stride[axis] * static_cast<std::size_t>(index[axis]);
    std::memcpy(out.data() + to, data.data() + from, element);
    for (std::size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];) index[axis] = 0;
  }
  return out;
}

}  // namespace

NpyArray parse_npy(std::string content, const std::string& place) {
  if (content.size() < 10 || !content.starts_with(kMagic)) raise<IoError>("{}: not a NumPy array file", place);
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(content[i])); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3)
    raise<IoError>("{}: NumPy format version must be 1, 2 or 3, received {}", place, version);
  std::size_t begin = 10, length = byte(8) | byte(9) << 8;
  if (version > 1) {
    begin = 12;
    if (content.size() < begin) raise<IoError>("{}: NumPy header ends early", place);
    length |= byte(10) << 16 | byte(11) << 24;
  }
  if (content.size() - begin < length) raise<IoError>("{}: NumPy header ends early", place);
  const NpyHeader header = parse_npy_header(std::string_view(content).substr(begin, length), place);
  const ElementType& type = type_of(header.descr, place);
  const std::uint64_t bytes = checked_bytes(header.shape, type.bytes, place);
  if (content.size() - begin - length != bytes)
    raise<IoError>("{}: array data must be {} bytes, received {}", place, bytes, content.size() - begin - length);

  NpyArray array{std::string(type.dtype), header.shape, std::move(content)};
  array.data.erase(0, begin + length);
  if (header.fortran_order && header.shape.size() > 1) array.data = to_row_major(array.data, array.shape, type.bytes);
  if (array.dtype == "bool")
    for (char& c : array.data) c = c != 0;  // a C++ bool may hold nothing else
  return array;
}

std::string format_npy(const NpyArray& array) {
  for (const auto& type : kTypes)
    if (type.dtype == array.dtype) {
      if (checked_bytes(array.shape, type.bytes, "npy") != array.data.size())
        raise<ValueError>("npy: data must fill the shape, received {} bytes", array.data.size());
      std::string header = format_npy_header({std::string(type.descr), false, array.shape});
      header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');  // data starts at a multiple of 64
      std::string text(kMagic);
      text += {'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
      return text + header + array.data;
    }
  raise<ValueError>("npy: element type must be float32, float64, int32, int64, uint8 or bool, received '{}'",
                    array.dtype);
}

NpyArray read_npy(const std::string& path) {
  std::string content = read_gzip(path, kLimit);
  return parse_npy(std::move(content), path);
}

void write_npy(const std::string& path, const NpyArray& array) {
  const std::string text = format_npy(array);
  AtomicFile target(path);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(target.temporary().c_str(), "wb"), &std::fclose);
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fclose(file.release()) != 0)
    raise<IoError>("{}: cannot be written (disk full?)", path);
  target.commit();
}

std::map<std::string, NpyArray> read_npz(const std::string& path) {
  const ZipReader zip(path);
  std::map<std::string, NpyArray> arrays;
  for (const auto& member : zip.names()) {
    if (!member.ends_with(".npy")) continue;
    arrays[member.substr(0, member.size() - 4)] = parse_npy(zip.read(member, kLimit), path + ": " + member);
  }
  return arrays;
}

void write_npz(const std::string& path, const std::map<std::string, NpyArray>& arrays) {
  AtomicFile target(path);
  ZipWriter zip(target.temporary());
  for (const auto& [name, array] : arrays) zip.add(name + ".npy", format_npy(array));
  zip.close();
  target.commit();
}

}  // namespace shoal::io
