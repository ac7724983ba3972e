#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/net/loop.h"

namespace shoal::net {

class Tls;
class Transport;

// Accepts connections on one port, or on one Unix socket, until closed.
class Listener {
 public:
  using OnAccept = std::function<void(std::shared_ptr<Transport>)>;

  // At a numeric address; port 0: any free one. Or at "unix:NAME", without a port and without TLS. Throws PeerError:
  // "port 7000 is in use". With `tls` whoever dials must speak it.
  static std::unique_ptr<Listener> open(Loop& loop, const std::string& address, std::uint16_t port, OnAccept on_accept,
                                        std::shared_ptr<Tls> tls = nullptr);
  virtual ~Listener() = default;
  virtual std::uint16_t port() const = 0;  // 0 of a Unix socket
  virtual void close() = 0;
};

}  // namespace shoal::net
