#include "launcher/reception.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {
constexpr double kHandshakeSeconds = 10;
constexpr std::size_t kMaxStrangers = 1024;
}  // namespace

struct Reception::Guest {
  enum class Stage { kHello, kAnswer, kMember } stage = Stage::kHello;
  int fd = -1;
  double since = 0;
  int place = -1;
  Hello hello;
  HelloFrame hello_frame{};
  Nonce nonce{};
  std::array<std::byte, kNoteBytes> buffer{};  // one frame of the stage, being read
  std::size_t have = 0;
  bool closed = false;

  ~Guest() { ::close(fd); }
  std::size_t want() const {
    return stage == Stage::kHello ? kHelloBytes : stage == Stage::kAnswer ? kAnswerBytes : kNoteBytes;
  }
};

Reception::Reception(std::string job, std::vector<std::byte> secret, int places, bool this_host_only)
    : job_(std::move(job)), secret_(std::move(secret)), places_(places), taken_(static_cast<std::size_t>(places)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(this_host_only ? INADDR_LOOPBACK : INADDR_ANY);
  socklen_t length = sizeof at;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&at), length) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
    raise<IoError>("shoal run: cannot listen: {}", std::strerror(errno));
  port_ = ntohs(at.sin_port);
}

Reception::~Reception() {
  guests_.clear();
  ::close(listener_);
}

void Reception::add_to(std::vector<pollfd>& polls) const {
  polls.push_back({listener_, POLLIN, 0});
  for (const auto& guest : guests_) polls.push_back({guest->fd, POLLIN, 0});
}

void Reception::accept_all(double now) {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto guest = std::make_unique<Guest>();
    guest->fd = fd;
    guest->since = now;
    if (guests_.size() < kMaxStrangers + static_cast<std::size_t>(places_)) guests_.push_back(std::move(guest));
  }
}

// One complete frame is in the buffer.
bool Reception::advance(Guest& guest, std::vector<Event>& events) {
  switch (guest.stage) {
    case Guest::Stage::kHello: {
      std::memcpy(guest.hello_frame.data(), guest.buffer.data(), kHelloBytes);
      if (!decode(guest.hello_frame, job_, guest.hello)) return false;
      if (guest.hello.place >= static_cast<std::uint32_t>(places_)) return false;
      fill_random(guest.nonce);
      const ChallengeFrame frame =
          challenge(guest.nonce, prove(secret_, Direction::kSupervisor, guest.hello_frame, guest.nonce));
      guest.stage = Guest::Stage::kAnswer;
      return ::send(guest.fd, frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size());
    }
    case Guest::Stage::kAnswer: {
      const Digest expected = prove(secret_, Direction::kProcess, guest.hello_frame, guest.nonce);
      if (!equal_constant_time(std::span(guest.buffer).first(kAnswerBytes), expected)) return false;
      const auto place = static_cast<std::size_t>(guest.hello.place);
      if (taken_[place]) return false;
      taken_[place] = true;
      guest.place = static_cast<int>(place);
      guest.stage = Guest::Stage::kMember;
      events.push_back({Event::Kind::kJoined, guest.place, guest.hello, {}});
      return true;
    }
    case Guest::Stage::kMember: {
      Note note;
      if (!decode(guest.buffer, note)) return false;
      events.push_back({Event::Kind::kNote, guest.place, {}, std::move(note)});
      return true;
    }
  }
  return false;
}

std::vector<Reception::Event> Reception::collect(double now) {
  accept_all(now);
  std::vector<Event> events;
  for (auto& guest : guests_) {
    while (!guest->closed) {
      const ssize_t n = ::recv(guest->fd, guest->buffer.data() + guest->have, guest->want() - guest->have, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) break;
      if (n <= 0) {
        guest->closed = true;
        break;
      }
      guest->have += static_cast<std::size_t>(n);
      if (guest->have < guest->want()) continue;
      guest->have = 0;
      guest->closed = !advance(*guest, events);
    }
    if (guest->stage != Guest::Stage::kMember && now - guest->since > kHandshakeSeconds) guest->closed = true;
    if (guest->closed && guest->place >= 0) events.push_back({Event::Kind::kClosed, guest->place, {}, {}});
  }
  std::erase_if(guests_, [](const auto& guest) { return guest->closed; });
  return events;
}

void Reception::abort_all() {
  const NoteFrame frame = encode(Note{.kind = Note::Kind::kAbort, .number = 0, .text = ""});
  for (const auto& guest : guests_)
    if (guest->place >= 0) [[maybe_unused]]
      const auto sent = ::send(guest->fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace shoal::launcher
