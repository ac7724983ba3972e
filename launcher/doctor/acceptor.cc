#include "launcher/doctor/acceptor.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {
constexpr double kHandshakeSeconds = 2;  // a stranger keeps others waiting no longer
}  // namespace

Acceptor::Acceptor(bool this_host_only, int port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(this_host_only ? INADDR_LOOPBACK : INADDR_ANY);
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t length = sizeof at;
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&at), length) != 0 || ::listen(fd_, SOMAXCONN) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length) != 0) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    raise<IoError>("cannot listen at port {}: {}", port, std::strerror(error));
  }
  port_ = ntohs(at.sin_port);
}

Acceptor::~Acceptor() { ::close(fd_); }

std::optional<Channel> Acceptor::accept(const JobSecret& secret, double seconds) {
  const Deadline deadline = after(seconds);
  pollfd wait{fd_, POLLIN, 0};
  ::poll(&wait, 1, milliseconds_until(deadline));
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return fd < 0 ? std::nullopt : Channel::welcome(fd, secret, kHandshakeSeconds);
}

}  // namespace shoal::launcher
