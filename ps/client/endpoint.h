#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace shoal::net {
class Tls;
}

namespace shoal::ps {

// Where a server is found.
struct Endpoint {
  std::string host;                    // for messages
  std::vector<std::string> addresses;  // tried in turn: "unix:NAME", "10.0.0.3"
  std::uint16_t port = 0;              // of all but Unix sockets
  std::shared_ptr<net::Tls> tls = {};  // null: TCP is not encrypted
};

}  // namespace shoal::ps
