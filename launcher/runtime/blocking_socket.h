#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

// Few bytes over a socket, for a thread that has nothing else to do. Nothing here waits longer than its deadline.
namespace shoal::launcher {

using Deadline = std::chrono::steady_clock::time_point;
Deadline after(double seconds);
int milliseconds_until(Deadline deadline);  // as poll takes them; 0 when it has passed

struct Dialed {
  int fd = -1;  // non-blocking, the caller's; -1: nobody answers there
  std::string error;
};
Dialed dial(const std::string& address, std::uint16_t port, Deadline deadline);  // a numeric IPv4 address

// Both move exactly all bytes, or say false at the deadline, at the end of the stream and on any error.
bool read_all(int fd, std::span<std::byte> to, Deadline deadline);
bool write_all(int fd, std::span<const std::byte> from, Deadline deadline);
// Whatever has come, at least one byte; 0 at the end of the stream, -1 at the deadline and on any error.
std::ptrdiff_t read_some(int fd, std::span<std::byte> to, Deadline deadline);

}  // namespace shoal::launcher
