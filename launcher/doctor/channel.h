#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launcher/runtime/blocking_socket.h"
#include "launcher/runtime/secret.h"

namespace shoal::launcher {

// A connection between two processes of one examination, each of which has proved that it knows the secret. Every wait
// has an end; what goes wrong or takes too long throws PeerError.
class Channel {
 public:
  static Channel dial(const std::string& address, std::uint16_t port, const JobSecret& secret, int place,
                      double seconds);
  // Takes the socket. Nothing when who called does not belong here.
  static std::optional<Channel> welcome(int fd, const JobSecret& secret, double seconds);

  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;
  ~Channel();

  int place() const { return place_; }  // of the side that dialled

  void send(const std::string& text, double seconds);
  std::string receive(double seconds);
  bool has_news(double seconds) const;  // something to receive, or the connection's end

  void write(std::span<const std::byte> bytes, Deadline deadline);
  void read(std::span<std::byte> bytes, Deadline deadline);
  std::size_t read_some(std::span<std::byte> bytes, Deadline deadline);  // 0: the other side has finished writing
  void finish_writing();

 private:
  Channel(int fd, int place) : fd_(fd), place_(place) {}
  int fd_ = -1, place_ = 0;
};

}  // namespace shoal::launcher
