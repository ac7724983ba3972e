#include "launcher/runtime/blocking_socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shoal::launcher {
namespace {

using Clock = std::chrono::steady_clock;

// False: `deadline` has passed.
bool wait_for(int fd, short what, Deadline deadline) {
  if (Clock::now() >= deadline) return false;
  pollfd wait{fd, what, 0};
  ::poll(&wait, 1, milliseconds_until(deadline));
  return true;
}

}  // namespace

Deadline after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left) + 1;
}

Dialed dial(const std::string& address, std::uint16_t port, Deadline deadline) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return {-1, "no IPv4 address"};
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return {-1, std::strerror(errno)};
  int error = 0;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    error = errno;
    pollfd wait{fd, POLLOUT, 0};
    socklen_t length = sizeof error;
    if (error == EINPROGRESS && ::poll(&wait, 1, milliseconds_until(deadline)) == 1)
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0) {
    ::close(fd);
    return {-1, error == EINPROGRESS ? "no answer" : std::strerror(error)};
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {fd, ""};
}

std::ptrdiff_t read_some(int fd, std::span<std::byte> to, Deadline deadline) {
  while (true) {
    const ssize_t n = ::recv(fd, to.data(), to.size(), MSG_DONTWAIT);
    if (n >= 0) return n;
    if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, deadline)) return -1;
  }
}

bool read_all(int fd, std::span<std::byte> to, Deadline deadline) {
  while (!to.empty()) {
    const std::ptrdiff_t n = read_some(fd, to, deadline);
    if (n <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool write_all(int fd, std::span<const std::byte> from, Deadline deadline) {
  while (!from.empty()) {
    const ssize_t n = ::send(fd, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      from = from.subspan(static_cast<std::size_t>(n));
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

}  // namespace shoal::launcher
