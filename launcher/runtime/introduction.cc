#include "launcher/runtime/introduction.h"

#include "common/base/digest.h"

namespace shoal::launcher {

bool introduce(int fd, const std::vector<std::byte>& secret, const Hello& hello, Deadline deadline) {
  Nonce mine, theirs;
  fill_random(mine);
  const HelloFrame frame = encode(hello, mine);
  ChallengeFrame reply;
  Digest proof;
  if (!write_all(fd, frame, deadline) || !read_all(fd, reply, deadline)) return false;
  split(reply, theirs, proof);
  if (!equal_constant_time(proof, prove(secret, Direction::kSupervisor, frame, theirs))) return false;
  return write_all(fd, prove(secret, Direction::kProcess, frame, theirs), deadline);
}

bool admit(int fd, const std::vector<std::byte>& secret, std::string_view job, Hello& hello, Deadline deadline) {
  HelloFrame frame;
  Nonce nonce;
  AnswerFrame answer;
  if (!read_all(fd, frame, deadline) || !decode(frame, job, hello)) return false;
  fill_random(nonce);
  const ChallengeFrame reply = challenge(nonce, prove(secret, Direction::kSupervisor, frame, nonce));
  if (!write_all(fd, reply, deadline) || !read_all(fd, answer, deadline)) return false;
  return equal_constant_time(answer, prove(secret, Direction::kProcess, frame, nonce));
}

}  // namespace shoal::launcher
