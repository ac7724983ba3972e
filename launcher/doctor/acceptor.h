#pragma once

#include <cstdint>
#include <optional>

#include "launcher/doctor/channel.h"

namespace shoal::launcher {

// Where channels of others arrive.
class Acceptor {
 public:
  Acceptor(bool this_host_only, int port);  // 0: any free one; throws IoError
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::uint16_t port() const { return port_; }
  // Nothing when nobody who belongs here has called within these seconds.
  std::optional<Channel> accept(const JobSecret& secret, double seconds);

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace shoal::launcher
