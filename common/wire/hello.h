#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/digest.h"

// The handshake's messages of docs/wire.md.
namespace shoal::wire {

inline constexpr std::size_t kHelloBytes = 88;
inline constexpr std::size_t kVerdictBytes = 36;

enum class Role : std::uint8_t { worker = 1, server = 2 };
enum class Direction : std::uint8_t { initiator = 1, acceptor = 2 };

std::string_view role_name(Role role);

struct Hello {
  std::uint16_t version = 1;
  Role role = Role::worker;
  Direction direction = Direction::initiator;
  std::uint32_t rank = 0;
  std::uint32_t incarnation = 0;
  std::uint32_t peer_rank = 0;
  std::uint32_t workers = 1;
  Digest job{};
  Digest nonce{};
};

using HelloBytes = std::array<std::byte, kHelloBytes>;
HelloBytes encode(const Hello& hello);
// Throws PeerError when the bytes are no hello at all; version, role and direction may be anything.
Hello decode_hello(std::span<const std::byte, kHelloBytes> in);

enum class Code : std::uint32_t {
  accepted = 0,
  other_version,
  other_job,
  wrong_rank,
  wrong_proof,
  already_connected,
  other_workers,
};

// "it belongs to another job"
std::string_view explain(Code code);

struct Verdict {
  Code code = Code::accepted;
  Digest proof{};
};

using VerdictBytes = std::array<std::byte, kVerdictBytes>;
VerdictBytes encode(const Verdict& verdict);
Verdict decode_verdict(std::span<const std::byte, kVerdictBytes> in);

// What `direction`'s side shows to prove that it knows the secret.
Digest make_proof(std::span<const std::byte> secret, Direction direction, const HelloBytes& initiator,
                  const HelloBytes& acceptor);

}  // namespace shoal::wire
