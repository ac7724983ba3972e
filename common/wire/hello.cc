#include "common/wire/hello.h"

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "common/wire/bytes.h"

namespace shoal::wire {
namespace {

constexpr std::uint32_t kMagic = 0x4F4C4853;
constexpr std::size_t kLabelBytes = 16;

}  // namespace

std::string_view role_name(Role role) { return role == Role::worker ? "worker" : "server"; }

HelloBytes encode(const Hello& hello) {
  HelloBytes out{};
  std::byte* at = out.data();
  put<std::uint32_t>(at, kMagic);
  put<std::uint16_t>(at + 4, hello.version);
  put<std::uint8_t>(at + 6, static_cast<std::uint8_t>(hello.role));
  put<std::uint8_t>(at + 7, static_cast<std::uint8_t>(hello.direction));
  put<std::uint32_t>(at + 8, hello.rank);
  put<std::uint32_t>(at + 12, hello.incarnation);
  put<std::uint32_t>(at + 16, hello.peer_rank);
  put<std::uint32_t>(at + 20, hello.workers);
  std::copy(hello.job.begin(), hello.job.end(), at + 24);
  std::copy(hello.nonce.begin(), hello.nonce.end(), at + 56);
  return out;
}

Hello decode_hello(std::span<const std::byte, kHelloBytes> in) {
  const std::byte* at = in.data();
  if (get<std::uint32_t>(at) != kMagic) raise<PeerError>("hello: what was received is no hello");
  Hello hello;
  hello.version = get<std::uint16_t>(at + 4);
  hello.role = static_cast<Role>(get<std::uint8_t>(at + 6));
  hello.direction = static_cast<Direction>(get<std::uint8_t>(at + 7));
  hello.rank = get<std::uint32_t>(at + 8);
  hello.incarnation = get<std::uint32_t>(at + 12);
  hello.peer_rank = get<std::uint32_t>(at + 16);
  hello.workers = get<std::uint32_t>(at + 20);
  std::copy_n(at + 24, hello.job.size(), hello.job.begin());
  std::copy_n(at + 56, hello.nonce.size(), hello.nonce.begin());
  return hello;
}

std::string_view explain(Code code) {
  switch (code) {
    case Code::accepted:
      return "accepted";
    case Code::other_version:
      return "the two sides speak different versions";
    case Code::other_job:
      return "the two sides belong to different jobs";
    case Code::wrong_rank:
      return "the two sides disagree about role or rank";
    case Code::wrong_proof:
      return "the proof is wrong: the two sides have different secrets";
    case Code::already_connected:
      return "this rank is already connected";
    case Code::other_workers:
      return "the two sides disagree about the number of workers";
  }
  return "unknown reason";
}

VerdictBytes encode(const Verdict& verdict) {
  VerdictBytes out{};
  put<std::uint32_t>(out.data(), static_cast<std::uint32_t>(verdict.code));
  std::copy(verdict.proof.begin(), verdict.proof.end(), out.data() + 4);
  return out;
}

Verdict decode_verdict(std::span<const std::byte, kVerdictBytes> in) {
  Verdict verdict;
  verdict.code = static_cast<Code>(get<std::uint32_t>(in.data()));
  std::copy_n(in.data() + 4, verdict.proof.size(), verdict.proof.begin());
  return verdict;
}

Digest make_proof(std::span<const std::byte> secret, Direction direction, const HelloBytes& initiator,
                  const HelloBytes& acceptor) {
  const std::string_view label = direction == Direction::initiator ? "shoal initiator" : "shoal acceptor";
  std::array<std::byte, kLabelBytes + 2 * kHelloBytes> text{};
  std::memcpy(text.data(), label.data(), label.size());
  std::copy(initiator.begin(), initiator.end(), text.begin() + kLabelBytes);
  std::copy(acceptor.begin(), acceptor.end(), text.begin() + kLabelBytes + kHelloBytes);
  return hmac_sha256(secret, text);
}

}  // namespace shoal::wire
