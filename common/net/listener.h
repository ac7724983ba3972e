#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/net/loop.h"

namespace shoal::net {

class Transport;

// Accepts connections on one port until closed.
class Listener {
 public:
  using OnAccept = std::function<void(std::shared_ptr<Transport>)>;

  // Port 0: any free one. Throws PeerError: "port 7000 is in use".
  static std::unique_ptr<Listener> open(Loop& loop, const std::string& address, std::uint16_t port, OnAccept on_accept);
  virtual ~Listener() = default;
  virtual std::uint16_t port() const = 0;
  virtual void close() = 0;
};

}  // namespace shoal::net
