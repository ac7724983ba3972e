#include "launcher/runtime/supervisor_link.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <mutex>
#include <thread>

#include "common/base/error.h"
#include "common/base/log.h"
#include "launcher/runtime/blocking_socket.h"
#include "launcher/runtime/introduction.h"

namespace shoal::launcher {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kDialSeconds = 2, kHandshakeSeconds = 10;
constexpr auto kHeartbeat = std::chrono::seconds(1);

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
    write_all(fd_, frame, Clock::now() + patience);
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
    const int fd = dial(endpoint.substr(0, colon), port, after(kDialSeconds)).fd;
    if (fd < 0) continue;
    if (introduce(fd, secret, hello, after(kHandshakeSeconds))) return std::make_unique<Link>(fd);
    ::close(fd);
  }
  raise<PeerError>("shoal run: not reached at {}, or what answers there does not know this job", endpoints);
}

}  // namespace shoal::launcher
