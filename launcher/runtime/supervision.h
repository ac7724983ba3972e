#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/digest.h"

// What a process and its supervisor (`shoal run`) say to each other over their own connection. Everything has a fixed
// size, so nothing is ever allocated on a stranger's word.
//
//   process -> supervisor   hello      who it is, and a nonce
//   supervisor -> process   challenge  its nonce, and the proof that it knows the job's supervision secret
//   process -> supervisor   answer     the same proof, for the other direction
//   process -> supervisor   notes      at least one a second
//   supervisor -> process   note       abort, when the job has failed
//
// A proof is HMAC-SHA256(secret, direction | hello | supervisor's nonce); the hello holds version, job, rank and nonce.
namespace shoal::launcher {

inline constexpr std::size_t kHelloBytes = 256, kChallengeBytes = 64, kAnswerBytes = 32, kNoteBytes = 256;
using HelloFrame = std::array<std::byte, kHelloBytes>;
using ChallengeFrame = std::array<std::byte, kChallengeBytes>;
using AnswerFrame = std::array<std::byte, kAnswerBytes>;
using NoteFrame = std::array<std::byte, kNoteBytes>;
using Nonce = std::array<std::byte, 32>;

struct Hello {
  std::string job;
  std::uint32_t place = 0;  // among all processes of the job, as mpirun counts them
  std::uint32_t pid = 0;
  std::string host;     // cut to 64 bytes
  std::string mpi_job;  // mpirun's own number of the job, for cleaning up; cut to 16 bytes
};

struct Note {
  enum class Kind : std::uint8_t { kHeartbeat = 1, kGoodbye = 2, kFailed = 3, kAbort = 4 };
  Kind kind = Kind::kHeartbeat;
  std::int64_t number = 0;  // of the activity; the exit code in a goodbye
  std::string text;         // the activity, or why it failed; cut to 240 bytes
};

HelloFrame encode(const Hello& hello, const Nonce& nonce);
// False when these bytes are no hello of this version and job.
bool decode(const HelloFrame& frame, std::string_view job, Hello& hello);

enum class Direction : std::uint8_t { kSupervisor = 1, kProcess = 2 };
Digest prove(std::span<const std::byte> secret, Direction direction, const HelloFrame& hello, const Nonce& nonce);

ChallengeFrame challenge(const Nonce& nonce, const Digest& proof);
void split(const ChallengeFrame& frame, Nonce& nonce, Digest& proof);

NoteFrame encode(const Note& note);
bool decode(const NoteFrame& frame, Note& note);  // false: no note

std::string activity_text(std::string_view what, std::int64_t number);  // "step 120"; a negative number is not printed

}  // namespace shoal::launcher
