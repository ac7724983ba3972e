#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Control messages of docs/wire.md: Boost.Serialization archives, exchanged after the handshake only.
namespace shoal::wire {

inline constexpr std::size_t kMaxTableMessage = std::size_t{16} << 20;
inline constexpr std::size_t kMaxCollectiveMessage = std::size_t{256} << 20;

// The rule of a table whose servers only add gradients.
inline constexpr std::string_view kNoRule = "none";

struct ErrorText {
  std::string text;
};

struct TableSpec {
  struct Slice {
    std::uint32_t index = 0;  // in the table's plan
    std::uint64_t elements = 0;
    friend bool operator==(const Slice&, const Slice&) = default;
  };
  std::uint32_t element_bytes = 4;
  std::string rule;                           // optim::Rule::config() as text, or kNoRule
  std::vector<std::uint64_t> variable_sizes;  // elements, the whole table's
  std::uint64_t max_slice_bytes = 0;
  std::vector<Slice> slices;  // those of the receiving server
  bool sums_only() const { return rule == kNoRule; }
  friend bool operator==(const TableSpec&, const TableSpec&) = default;
};

// Where a table lies in memory that all processes of the host map, laid out as optim::TileLayout says. Process 0: in
// the server's own memory again.
struct TableShare {
  std::int64_t process = 0;
  std::int32_t descriptor = -1;
  std::uint64_t bytes = 0;
  std::uint64_t elements = 0;                   // of the arena
  std::vector<std::uint64_t> variable_offsets;  // elements, in the arena
  std::vector<std::uint64_t> slice_offsets;     // of the receiving server's slices, elements in the arena
  friend bool operator==(const TableShare&, const TableShare&) = default;
};

enum class Collective : std::uint32_t { barrier = 1, sum, broadcast, gather };

struct Contribution {
  Collective kind = Collective::barrier;
  std::vector<std::string> parts;  // one, but the result of a gather has one for each worker
};

std::vector<std::byte> serialize(const ErrorText& message);
std::vector<std::byte> serialize(const TableSpec& message);
std::vector<std::byte> serialize(const TableShare& message);
std::vector<std::byte> serialize(const Contribution& message);

// Throws PeerError on anything malformed, and never allocates more than a small multiple of the archive's bytes.
template <class Message>
Message deserialize(std::span<const std::byte> archive);

}  // namespace shoal::wire
