#include "launcher/runtime/supervision.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace shoal::launcher {
namespace {

constexpr std::string_view kMagic = "SHOALSUP";
constexpr std::uint32_t kVersion = 1;

template <class Integer>
void put(std::byte* at, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    at[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <class Integer>
Integer get(const std::byte* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= static_cast<std::uint64_t>(at[i]) << (8 * i);
  return static_cast<Integer>(value);
}

// The rest of the field is zero.
void put_text(std::byte* at, std::size_t room, std::string_view text) {
  std::memcpy(at, text.data(), std::min(room, text.size()));
}

// Printable characters only: this text reaches a terminal.
std::string get_text(const std::byte* at, std::size_t room) {
  std::string text;
  for (std::size_t i = 0; i < room && at[i] != std::byte{0}; ++i) {
    const char c = static_cast<char>(at[i]);
    text += (c >= ' ' && c <= '~') || (c & 0x80) != 0 ? c : ' ';
  }
  return text;
}

}  // namespace

// magic 8, version 4, place 4, pid 4, zero 4, job 32, host 64, mpi_job 16, nonce 32, zero 88
HelloFrame encode(const Hello& hello, const Nonce& nonce) {
  HelloFrame frame{};
  put_text(frame.data(), 8, kMagic);
  put(frame.data() + 8, kVersion);
  put(frame.data() + 12, hello.place);
  put(frame.data() + 16, hello.pid);
  put_text(frame.data() + 24, 32, hello.job);
  put_text(frame.data() + 56, 64, hello.host);
  put_text(frame.data() + 120, 16, hello.mpi_job);
  std::memcpy(frame.data() + 136, nonce.data(), nonce.size());
  return frame;
}

bool decode(const HelloFrame& frame, std::string_view job, Hello& hello) {
  if (std::memcmp(frame.data(), kMagic.data(), kMagic.size()) != 0) return false;
  if (get<std::uint32_t>(frame.data() + 8) != kVersion) return false;
  hello.place = get<std::uint32_t>(frame.data() + 12);
  hello.pid = get<std::uint32_t>(frame.data() + 16);
  hello.job = get_text(frame.data() + 24, 32);
  hello.host = get_text(frame.data() + 56, 64);
  hello.mpi_job = get_text(frame.data() + 120, 16);
  return hello.job == job;
}

Digest prove(std::span<const std::byte> secret, Direction direction, const HelloFrame& hello, const Nonce& nonce) {
  std::vector<std::byte> text{static_cast<std::byte>(direction)};
  text.insert(text.end(), hello.begin(), hello.end());
  text.insert(text.end(), nonce.begin(), nonce.end());
  return hmac_sha256(secret, text);
}

ChallengeFrame challenge(const Nonce& nonce, const Digest& proof) {
  ChallengeFrame frame;
  std::memcpy(frame.data(), nonce.data(), nonce.size());
  std::memcpy(frame.data() + nonce.size(), proof.data(), proof.size());
  return frame;
}

void split(const ChallengeFrame& frame, Nonce& nonce, Digest& proof) {
  std::memcpy(nonce.data(), frame.data(), nonce.size());
  std::memcpy(proof.data(), frame.data() + nonce.size(), proof.size());
}

// kind 1, zero 7, number 8, text 240
NoteFrame encode(const Note& note) {
  NoteFrame frame{};
  frame[0] = static_cast<std::byte>(note.kind);
  put(frame.data() + 8, note.number);
  put_text(frame.data() + 16, kNoteBytes - 16, note.text);
  return frame;
}

bool decode(const NoteFrame& frame, Note& note) {
  const auto kind = static_cast<std::uint8_t>(frame[0]);
  if (kind < 1 || kind > 4) return false;
  note.kind = static_cast<Note::Kind>(kind);
  note.number = get<std::int64_t>(frame.data() + 8);
  note.text = get_text(frame.data() + 16, kNoteBytes - 16);
  return true;
}

std::string activity_text(std::string_view what, std::int64_t number) {
  return number < 0 ? std::string(what) : fmt::format("{} {}", what, number);
}

}  // namespace shoal::launcher
