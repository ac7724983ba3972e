#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/net/loop.h"

namespace shoal::net {

class Tls;
class Transport;

// Connects to one of the addresses that `host` stands for, or to the Unix socket "unix:NAME", where the port does not
// matter; calls on the loop's thread with a transport, or with none and what went wrong ("Connection refused", "no
// answer within 5 s"). Call it on the loop's thread. Resolving a name may block; a numeric address does not. With `tls`
// what travels by TCP is encrypted; the handshake of TLS runs within the first write and read.
void dial(Loop& loop, const std::string& host, std::uint16_t port, double seconds,
          std::function<void(std::shared_ptr<Transport>, std::string error)> done, std::shared_ptr<Tls> tls = nullptr);

// For messages: "10.0.0.3:7000", "unix:NAME".
std::string place_of(const std::string& address, std::uint16_t port);

}  // namespace shoal::net
