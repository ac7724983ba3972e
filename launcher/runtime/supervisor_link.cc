#include "launcher/runtime/supervisor_link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <thread>

#include "common/base/error.h"
#include "common/base/log.h"

namespace shoal::launcher {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kHeartbeat = std::chrono::seconds(1);

int milliseconds_until(Clock::time_point when) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(when - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left) + 1;
}

// Both move exactly all bytes, or say false at the deadline, at the end of the stream and on any error.
bool read_all(int fd, std::byte* to, std::size_t count, Clock::time_point deadline) {
  while (count > 0) {
    const ssize_t n = ::recv(fd, to, count, MSG_DONTWAIT);
    if (n > 0) {
      to += n;
      count -= static_cast<std::size_t>(n);
      continue;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR) || Clock::now() >= deadline) return false;
    pollfd wait{fd, POLLIN, 0};
    ::poll(&wait, 1, milliseconds_until(deadline));
  }
  return true;
}

bool write_all(int fd, const std::byte* from, std::size_t count, Clock::time_point deadline) {
  while (count > 0) {
    const ssize_t n = ::send(fd, from, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      from += n;
      count -= static_cast<std::size_t>(n);
      continue;
    }
    if ((errno != EAGAIN && errno != EINTR) || Clock::now() >= deadline) return false;
    pollfd wait{fd, POLLOUT, 0};
    ::poll(&wait, 1, milliseconds_until(deadline));
  }
  return true;
}

// -1 when nobody answers there in two seconds.
int dial(const std::string& host, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &to.sin_addr) != 1) return -1;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int error = 0;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    error = errno;
    pollfd wait{fd, POLLOUT, 0};
    socklen_t length = sizeof error;
    if (error == EINPROGRESS && ::poll(&wait, 1, 2000) == 1) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) return fd;
  ::close(fd);
  return -1;
}

bool handshake(int fd, const std::vector<std::byte>& secret, const Hello& hello) {
  const auto deadline = Clock::now() + kHandshakeTime;
  Nonce mine, theirs;
  fill_random(mine);
  const HelloFrame frame = encode(hello, mine);
  ChallengeFrame reply;
  Digest proof;
  if (!write_all(fd, frame.data(), frame.size(), deadline)) return false;
  if (!read_all(fd, reply.data(), reply.size(), deadline)) return false;
  split(reply, theirs, proof);
  if (!equal_constant_time(proof, prove(secret, Direction::kSupervisor, frame, theirs))) return false;
  const Digest answer = prove(secret, Direction::kProcess, frame, theirs);
  return write_all(fd, answer.data(), answer.size(), deadline);
}

class Link : public SupervisorLink {
 public:
  explicit Link(int fd) : fd_(fd), thread_([this] { watch(); }) {}

  ~Link() override {
    stopping_ = true;
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  void set_activity(const char* what, std::int64_t number) override {
    number_.store(number, std::memory_order_relaxed);
    if (what_.exchange(what, std::memory_order_relaxed) != what) heartbeat();
  }

  void goodbye(int exit_code) override { last_words({Note::Kind::kGoodbye, exit_code, ""}); }
  void failed(std::string_view why) override {
    heartbeat();  // what it was doing just now
    last_words({Note::Kind::kFailed, 0, std::string(why)});
  }

 private:
  void send(const Note& note, std::chrono::milliseconds patience) {
    const std::lock_guard lock(mutex_);
    if (silent_) return;
    const NoteFrame frame = encode(note);
    write_all(fd_, frame.data(), frame.size(), Clock::now() + patience);
  }

  void heartbeat() {
    send({Note::Kind::kHeartbeat, number_.load(std::memory_order_relaxed), what_.load(std::memory_order_relaxed)},
         std::chrono::seconds(60));
  }

  void last_words(const Note& note) {
    send(note, std::chrono::seconds(2));
    const std::lock_guard lock(mutex_);
    silent_ = true;
  }

  void watch() {
    NoteFrame frame;
    std::size_t have = 0;
    auto next = Clock::now();
    while (!stopping_) {
      pollfd wait{fd_, POLLIN, 0};
      ::poll(&wait, 1, milliseconds_until(next));
      if (Clock::now() >= next) {
        heartbeat();
        next = Clock::now() + kHeartbeat;
      }
      const ssize_t n = ::recv(fd_, frame.data() + have, frame.size() - have, MSG_DONTWAIT);
      if (stopping_) return;
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        log::error("shoal run is gone: its connection closed, so this process ends");
        ::_exit(1);
      }
      if (n > 0) have += static_cast<std::size_t>(n);
      if (have < frame.size()) continue;
      have = 0;
      if (Note note; decode(frame, note) && note.kind == Note::Kind::kAbort) ::_exit(1);  // the supervisor has said why
    }
  }

  const int fd_;
  std::mutex mutex_;  // of writing
  bool silent_ = false;
  std::atomic<const char*> what_{"start"};
  std::atomic<std::int64_t> number_{-1};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<SupervisorLink> SupervisorLink::connect(const std::string& endpoints, std::vector<std::byte> secret,
                                                        const Hello& hello) {
  for (std::size_t begin = 0; begin < endpoints.size();) {
    const std::size_t end = std::min(endpoints.find(',', begin), endpoints.size());
    const std::string endpoint = endpoints.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t colon = endpoint.rfind(':');
    std::uint16_t port = 0;
    if (colon == std::string::npos) continue;
    std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
    const int fd = dial(endpoint.substr(0, colon), port);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (handshake(fd, secret, hello)) return std::make_unique<Link>(fd);
    ::close(fd);
  }
  raise<PeerError>("shoal run: not reached at {}, or what answers there does not know this job", endpoints);
}

}  // namespace shoal::launcher
