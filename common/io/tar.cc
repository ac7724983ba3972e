#include "common/io/tar.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "common/base/error.h"
#include "common/io/atomic_file.h"
#include "common/io/gzip.h"

namespace shoal::io {

namespace {

constexpr std::size_t kBlock = 512;
using Block = std::array<char, kBlock>;

// Fields of the POSIX ustar header.
std::string_view text_field(const Block& header, std::size_t offset, std::size_t length) {
  const std::string_view field(header.data() + offset, length);
  return field.substr(0, std::min(field.find('\0'), length));
}

std::uint64_t octal_field(const Block& header, std::size_t offset, std::size_t length, const std::string& archive) {
  std::string_view field = text_field(header, offset, length);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  std::uint64_t value = 0;
  for (char c : field) {
    if (c < '0' || c > '7') raise<IoError>("{}: not a tar archive (a header's number is not octal)", archive);
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

void check_sum(const Block& header, const std::string& archive) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= 148 && i < 156 ? std::uint64_t{' '} : static_cast<unsigned char>(header[i]);
  if (sum != octal_field(header, 148, 8, archive))
    raise<IoError>("{}: not a tar archive, or damaged (a header's checksum is wrong)", archive);
}

std::string member_name(const Block& header) {
  const std::string name(text_field(header, 0, 100));
  if (text_field(header, 257, 5) != "ustar" || header[262] != '\0') return name;
  const std::string prefix(text_field(header, 345, 155));
  return prefix.empty() ? name : prefix + "/" + name;
}

// Passes `bytes` and the padding behind them to `take`, in pieces.
template <class Take>
void each_piece(GzipReader& reader, std::uint64_t bytes, Take&& take) {
  std::vector<char> buffer(kBlock * 256);
  const std::uint64_t padded = (bytes + kBlock - 1) / kBlock * kBlock;
  for (std::uint64_t done = 0; done < padded;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), padded - done));
    if (reader.read(buffer.data(), want) != want) raise<IoError>("{}: tar archive ends inside a member", reader.path());
    take(buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(want, bytes > done ? bytes - done : 0)));
    done += want;
  }
}

void write_member(GzipReader& reader, std::uint64_t bytes, const std::string& path) {
  AtomicFile target(path);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(target.temporary().c_str(), "wb"), &std::fclose);
  if (!file) raise<IoError>("{}: cannot be written", path);
  each_piece(reader, bytes, [&](const char* data, std::size_t n) {
    if (std::fwrite(data, 1, n, file.get()) != n) raise<IoError>("{}: cannot be written (disk full?)", path);
  });
  if (std::fclose(file.release()) != 0) raise<IoError>("{}: cannot be written (disk full?)", path);
  target.commit();
}

// The next member's header, and how many bytes follow; false at the archive's end.
bool next_member(GzipReader& reader, Block& header, std::uint64_t& bytes) {
  const std::string& archive = reader.path();
  const std::size_t got = reader.read(header.data(), kBlock);
  if (got == 0 || std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; })) return false;
  if (got != kBlock) raise<IoError>("{}: tar archive ends inside a header", archive);
  check_sum(header, archive);
  bytes = octal_field(header, 124, 12, archive);
  if (bytes > std::uint64_t{1} << 40)
    raise<IoError>("{}: tar archive is damaged (a member of {} bytes)", archive, bytes);
  return true;
}

bool is_regular(const Block& header) { return header[156] == '0' || header[156] == '\0'; }

void skip(GzipReader& reader, std::uint64_t bytes) {
  each_piece(reader, bytes, [](const char*, std::size_t) {});
}

}  // namespace

void extract_tar_members(const std::string& archive, const std::vector<std::string>& members,
                         const std::string& directory) {
  std::vector<std::string> missing = members;
  GzipReader reader(archive);
  Block header;
  std::uint64_t bytes = 0;
  while (!missing.empty()) {
    if (!next_member(reader, header, bytes)) raise<IoError>("{}: archive has no member '{}'", archive, missing.front());
    const auto found =
        is_regular(header) ? std::find(missing.begin(), missing.end(), member_name(header)) : missing.end();
    if (found == missing.end()) {
      skip(reader, bytes);
      continue;
    }
    write_member(reader, bytes, (std::filesystem::path(directory) / std::filesystem::path(*found).filename()).string());
    missing.erase(found);
  }
}

void read_tar_members(const std::string& archive, std::uint64_t most_bytes,
                      const std::function<bool(const std::string& name)>& wanted,
                      const std::function<void(const std::string& name, std::string content)>& take) {
  GzipReader reader(archive);
  Block header;
  std::uint64_t bytes = 0;
  while (next_member(reader, header, bytes)) {
    const std::string name = member_name(header);
    if (!is_regular(header) || !wanted(name)) {
      skip(reader, bytes);
      continue;
    }
    if (bytes > most_bytes)
      raise<IoError>("{}: member '{}' has {} bytes, expected at most {}", archive, name, bytes, most_bytes);
    std::string content;
    content.reserve(static_cast<std::size_t>(bytes));
    each_piece(reader, bytes, [&](const char* data, std::size_t n) { content.append(data, n); });
    take(name, std::move(content));
  }
}

}  // namespace shoal::io
