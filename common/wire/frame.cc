#include "common/wire/frame.h"

#include <bit>

#include "common/base/error.h"
#include "common/wire/bytes.h"

namespace shoal::wire {
namespace {

constexpr std::uint32_t kMagic = 0x4C4F4853;

// What the payload of a type is made of.
enum class Payload { none, control, entries, entries_alone, one_entry_alone, one_entry };

struct Row {
  std::string_view name;
  Payload payload;
  bool in_pieces;
};

constexpr Row kRows[] = {
    {"heartbeat", Payload::none, false},    {"goodbye", Payload::none, false},
    {"error", Payload::control, false},     {"open_table", Payload::control, true},
    {"table_opened", Payload::none, false}, {"push_pull", Payload::entries, false},
    {"weights", Payload::entries, false},   {"read", Payload::one_entry_alone, false},
    {"values", Payload::one_entry, false},  {"write", Payload::one_entry, false},
    {"written", Payload::none, false},      {"collective", Payload::control, true},
    {"collected", Payload::control, true},  {"share_table", Payload::control, true},
    {"table_shared", Payload::none, false}, {"norms", Payload::entries, false},
    {"apply", Payload::entries, false},     {"push", Payload::entries, false},
    {"pushed", Payload::none, false},       {"pull", Payload::entries_alone, false},
};

const Row& row(Type type) { return kRows[static_cast<std::size_t>(type) - 1]; }

void check_payload(const Header& header, const Row& row) {
  bool good = false;
  switch (row.payload) {
    case Payload::none:
      good = header.count == 0 && header.payload == 0;
      break;
    case Payload::control:
      good = header.count == 0 && header.payload <= kMaxHeadBytes;
      break;
    case Payload::entries:
      good = header.count >= 1 && header.count <= kMaxEntries && header.payload >= header.count * kEntryBytes;
      break;
    case Payload::entries_alone:
      good = header.count >= 1 && header.count <= kMaxEntries && header.payload == header.count * kEntryBytes;
      break;
    case Payload::one_entry_alone:
      good = header.count == 1 && header.payload == kEntryBytes;
      break;
    case Payload::one_entry:
      good = header.count == 1 && header.payload >= kEntryBytes;
      break;
  }
  if (!good)
    raise<PeerError>("frame {}: {} entries and {} payload bytes do not fit this type", row.name, header.count,
                     header.payload);
}

}  // namespace

std::string_view type_name(Type type) {
  const auto number = static_cast<std::size_t>(type);
  return number >= 1 && number <= std::size(kRows) ? row(type).name : "unknown";
}

void encode(const Header& header, std::span<std::byte, kHeaderBytes> out) {
  std::byte* at = out.data();
  put<std::uint32_t>(at, kMagic);
  put<std::uint8_t>(at + 4, kVersion);
  put<std::uint8_t>(at + 5, static_cast<std::uint8_t>(header.type));
  put<std::uint8_t>(at + 6, header.codec);
  put<std::uint8_t>(at + 7, header.flags);
  put<std::uint32_t>(at + 8, header.sender);
  put<std::uint32_t>(at + 12, header.count);
  put<std::uint64_t>(at + 16, header.table);
  put<std::uint64_t>(at + 24, static_cast<std::uint64_t>(header.step));
  put<std::uint64_t>(at + 32, static_cast<std::uint64_t>(header.iteration));
  put<std::uint64_t>(at + 40, header.sequence);
  put<std::uint64_t>(at + 48, std::bit_cast<std::uint64_t>(header.learning_rate));
  put<std::uint64_t>(at + 56, header.payload);
}

Header decode_header(std::span<const std::byte, kHeaderBytes> in) {
  const std::byte* at = in.data();
  if (const auto magic = get<std::uint32_t>(at); magic != kMagic)
    raise<PeerError>("frame: magic must be {:08x}, received {:08x}", kMagic, magic);
  if (const auto version = get<std::uint8_t>(at + 4); version != kVersion)
    raise<PeerError>("frame: version must be {}, received {}", kVersion, version);
  const auto type = get<std::uint8_t>(at + 5);
  if (type < 1 || type > std::size(kRows))
    raise<PeerError>("frame: type must be 1 to {}, received {}", std::size(kRows), type);
  Header header;
  header.type = static_cast<Type>(type);
  header.codec = get<std::uint8_t>(at + 6);
  header.flags = get<std::uint8_t>(at + 7);
  header.sender = get<std::uint32_t>(at + 8);
  header.count = get<std::uint32_t>(at + 12);
  header.table = get<std::uint64_t>(at + 16);
  header.step = static_cast<std::int64_t>(get<std::uint64_t>(at + 24));
  header.iteration = static_cast<std::int64_t>(get<std::uint64_t>(at + 32));
  header.sequence = get<std::uint64_t>(at + 40);
  header.learning_rate = std::bit_cast<double>(get<std::uint64_t>(at + 48));
  header.payload = get<std::uint64_t>(at + 56);
  const Row& known = row(header.type);
  if (header.codec != 0) raise<PeerError>("frame {}: codec must be 0, received {}", known.name, header.codec);
  if ((header.flags & ~kMore) != 0 || (header.flags != 0 && !known.in_pieces))
    raise<PeerError>("frame {}: flags {:#x} are not for this type", known.name, header.flags);
  check_payload(header, known);
  return header;
}

std::size_t head_bytes(const Header& header) {
  return row(header.type).payload == Payload::control ? header.payload : header.count * kEntryBytes;
}

void encode(const Entry& entry, std::byte* out) {
  put<std::uint32_t>(out, entry.slice);
  put<std::uint32_t>(out + 4, static_cast<std::uint32_t>(entry.slot));
  put<std::uint64_t>(out + 8, entry.bytes);
}

Entry decode_entry(std::span<const std::byte> entries, std::size_t index) {
  if (index >= entries.size() / kEntryBytes)
    raise<PeerError>("frame: entry {} is outside of {} bytes of entries", index, entries.size());
  const std::byte* at = entries.data() + index * kEntryBytes;
  Entry entry;
  entry.slice = get<std::uint32_t>(at);
  entry.slot = static_cast<std::int32_t>(get<std::uint32_t>(at + 4));
  entry.bytes = get<std::uint64_t>(at + 8);
  return entry;
}

}  // namespace shoal::wire
