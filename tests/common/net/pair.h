#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/net/connection.h"
#include "common/net/dialer.h"
#include "common/net/handshake.h"
#include "common/net/listener.h"
#include "common/net/tls.h"
#include "common/net/transport.h"

namespace shoal::net {

inline Credentials credentials(wire::Role role) {
  Credentials mine;
  mine.job = "job";
  mine.secret.assign(32, std::byte{1});
  mine.role = role;
  return mine;
}

// One end of a connection: counts frames, answers nothing.
class End final : public ConnectionHandler {
 public:
  void on_head(const wire::Header& header, std::span<const std::byte>,
               std::vector<std::span<std::byte>>& body) override {
    room.resize(header.payload - wire::head_bytes(header));
    body.push_back(room);
  }
  void on_frame(const wire::Header& header) override {
    if (header.type == wire::Type::heartbeat) ++heartbeats;
    if (header.type == wire::Type::write) ++writes;
    if (frame) frame(header);
  }
  void on_closed(const std::string& what) override { closed = what; }

  std::shared_ptr<Connection> connection;
  std::vector<std::byte> room;
  std::function<void(const wire::Header&)> frame;
  int heartbeats = 0, writes = 0;
  std::optional<std::string> closed;
};

// Both ends on one loop; `ready` runs when both are connected.
struct Pair {
  std::string address = "127.0.0.1";
  std::shared_ptr<Tls> client_tls, server_tls;
  double seconds = 5;
  Loop loop;
  End client, server;
  ConnectionOptions options;
  std::string client_error, server_error;
  std::function<void()> ready = [] {};
  std::unique_ptr<Listener> listener;

  void run(const Credentials& worker, const Credentials& acceptor) {
    const auto on_accept = [&](std::shared_ptr<Transport> transport) {
      listener->close();
      accept_handshake(
          loop, std::move(transport), acceptor, seconds, [](const wire::Hello&) { return wire::Code::accepted; },
          [&](HandshakeResult result) { joined(server, server_error, std::move(result)); });
    };
    listener = Listener::open(loop, address, 0, on_accept, server_tls);
    const auto on_dial = [&](std::shared_ptr<Transport> transport, const std::string& error) {
      ASSERT_EQ(error, "");
      initiate_handshake(loop, std::move(transport), worker, wire::Role::server, 0, seconds,
                         [&](HandshakeResult result) { joined(client, client_error, std::move(result)); });
    };
    dial(loop, address, listener->port(), 5, on_dial, client_tls);
    loop.run();
  }
  void run() { run(credentials(wire::Role::worker), credentials(wire::Role::server)); }

 private:
  void joined(End& end, std::string& error, HandshakeResult result) {
    error = result.error;
    if (result.transport) end.connection = Connection::start(loop, std::move(result.transport), 0, options, end);
    if (client.connection && server.connection) ready();
  }
};

}  // namespace shoal::net
