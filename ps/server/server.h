#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/send_order.h"

namespace shoal::net {
class Tls;
}

namespace shoal::ps {

struct ServerOptions {
  std::string job;
  std::vector<std::byte> secret;
  std::uint32_t rank = 0;  // among servers
  std::uint32_t servers = 1;
  std::uint32_t workers = 1;
  std::uint32_t incarnation = 0;
  std::string bind_address = "0.0.0.0";
  std::uint16_t port = 0;              // 0: any free one
  std::string local_address = {};      // "unix:NAME": listens there, too
  std::shared_ptr<net::Tls> tls = {};  // what comes by TCP must speak it
  double silence_seconds = 10;         // a worker not heard for so long is lost
  double handshake_seconds = 5;        // for a connection to prove itself
  double join_seconds = 60;            // for all workers to connect
  net::SendOrder order = net::SendOrder::priority;
  int tile_threads = 0;                                                     // that work on tables in shared memory
  std::function<void(const char* what, std::int64_t number)> set_activity;  // may be empty
};

// One parameter server: owns slices and their optimizer state, sums gradients in rank order, applies the rule.
class Server {
 public:
  static std::unique_ptr<Server> listen(const ServerOptions& options);  // throws PeerError: "port 7000 is in use"
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  // Serves until every worker has said goodbye; throws PeerError when one is lost or silent, naming it.
  virtual void run() = 0;
  virtual void stop() = 0;  // from any thread or signal-driven watcher: run() returns soon
};

}  // namespace shoal::ps
