#include "launcher/doctor/channel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "common/base/error.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/introduction.h"

namespace shoal::launcher {
namespace {
constexpr std::uint32_t kMaxText = 256 << 10;

[[noreturn]] void fail(Deadline deadline) {
  if (milliseconds_until(deadline) == 0) raise<PeerError>("no answer in time");
  raise<PeerError>("the connection broke");
}
}  // namespace

Channel Channel::dial(const std::string& address, std::uint16_t port, const JobSecret& secret, int place,
                      double seconds) {
  const Deadline deadline = after(seconds);
  const Dialed dialed = launcher::dial(address, port, deadline);
  if (dialed.fd < 0) raise<PeerError>("{}", dialed.error);
  Channel channel(dialed.fd, place);
  const Hello hello{.job = secret.job,
                    .place = static_cast<std::uint32_t>(place),
                    .pid = static_cast<std::uint32_t>(::getpid()),
                    .host = host_name(),
                    .mpi_job = ""};
  if (!introduce(channel.fd_, secret.key, hello, deadline)) raise<PeerError>("connected, but no handshake");
  return channel;
}

std::optional<Channel> Channel::welcome(int fd, const JobSecret& secret, double seconds) {
  Channel channel(fd, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Hello hello;
  if (!admit(fd, secret.key, secret.job, hello, after(seconds))) return std::nullopt;
  channel.place_ = static_cast<int>(hello.place);
  return channel;
}

Channel::Channel(Channel&& other) noexcept : fd_(std::exchange(other.fd_, -1)), place_(other.place_) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(place_, other.place_);
  return *this;
}

Channel::~Channel() {
  if (fd_ >= 0) ::close(fd_);
}

void Channel::send(const std::string& text, double seconds) {
  if (text.size() > kMaxText) raise("shoal doctor: a message has at most {} bytes, received {}", kMaxText, text.size());
  const Deadline deadline = after(seconds);
  std::array<std::byte, 4> length;
  for (std::size_t i = 0; i < 4; ++i) length[i] = static_cast<std::byte>(text.size() >> (8 * i));
  write(length, deadline);
  write(std::as_bytes(std::span(text)), deadline);
}

std::string Channel::receive(double seconds) {
  const Deadline deadline = after(seconds);
  std::array<std::byte, 4> bytes;
  read(bytes, deadline);
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  if (length > kMaxText) raise<PeerError>("a message of {} bytes; at most {} are allowed", length, kMaxText);
  std::string text(length, '\0');
  read(std::as_writable_bytes(std::span(text)), deadline);
  return text;
}

void Channel::write(std::span<const std::byte> bytes, Deadline deadline) {
  if (!write_all(fd_, bytes, deadline)) fail(deadline);
}

void Channel::read(std::span<std::byte> bytes, Deadline deadline) {
  if (!read_all(fd_, bytes, deadline)) fail(deadline);
}

std::size_t Channel::read_some(std::span<std::byte> bytes, Deadline deadline) {
  const std::ptrdiff_t count = launcher::read_some(fd_, bytes, deadline);
  if (count < 0) fail(deadline);
  return static_cast<std::size_t>(count);
}

bool Channel::has_news(double seconds) const {
  pollfd wait{fd_, POLLIN, 0};
  return ::poll(&wait, 1, milliseconds_until(after(seconds))) == 1;
}

void Channel::finish_writing() { ::shutdown(fd_, SHUT_WR); }

}  // namespace shoal::launcher
