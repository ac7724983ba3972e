#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// The frame of docs/wire.md.
namespace shoal::wire {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 64;
inline constexpr std::size_t kEntryBytes = 16;
inline constexpr std::size_t kMaxEntries = 4096;
inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;  // entries, or a control payload
inline constexpr std::uint8_t kMore = 1;                 // flag: more pieces of this message follow

enum class Type : std::uint8_t {
  heartbeat = 1,
  goodbye,
  error,
  open_table,
  table_opened,
  push_pull,
  weights,
  read,
  values,
  write,
  written,
  collective,
  collected,
  share_table,
  table_shared,
  norms,
  apply,
  push,
  pushed,
  pull,
};

std::string_view type_name(Type type);

struct Header {
  Type type = Type::heartbeat;
  std::uint8_t codec = 0;
  std::uint8_t flags = 0;
  std::uint32_t sender = 0;
  std::uint32_t count = 0;
  std::uint64_t table = 0;
  std::int64_t step = 0;
  std::int64_t iteration = 0;
  std::uint64_t sequence = 0;
  double learning_rate = 0;
  std::uint64_t payload = 0;

  friend bool operator==(const Header&, const Header&) = default;
};

void encode(const Header& header, std::span<std::byte, kHeaderBytes> out);

// Throws PeerError on anything that no sender of this version says: magic, version, type, codec, flags, a count or a
// payload that the type cannot have.
Header decode_header(std::span<const std::byte, kHeaderBytes> in);

// How much of the payload is to be read before it is known where the rest goes: the entries, or the whole control
// payload. At most kMaxHeadBytes for a header that decode_header let pass.
std::size_t head_bytes(const Header& header);

struct Entry {
  std::uint32_t slice = 0;
  std::int32_t slot = -1;
  std::uint64_t bytes = 0;

  friend bool operator==(const Entry&, const Entry&) = default;
};

void encode(const Entry& entry, std::byte* out);                            // kEntryBytes
Entry decode_entry(std::span<const std::byte> entries, std::size_t index);  // throws PeerError when out of range

}  // namespace shoal::wire
