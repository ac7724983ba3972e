#include "common/net/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "common/base/error.h"
#include "common/net/dialer.h"
#include "common/net/handshake.h"
#include "common/net/listener.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

Credentials credentials(wire::Role role) {
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
  Loop loop;
  End client, server;
  ConnectionOptions options;
  std::string client_error, server_error;
  std::function<void()> ready = [] {};
  std::unique_ptr<Listener> listener;

  void run(const Credentials& worker, const Credentials& acceptor) {
    listener = Listener::open(loop, "127.0.0.1", 0, [&](std::shared_ptr<Transport> transport) {
      listener->close();
      accept_handshake(
          loop, std::move(transport), acceptor, 5, [](const wire::Hello&) { return wire::Code::accepted; },
          [&](HandshakeResult result) { joined(server, server_error, std::move(result)); });
    });
    dial(loop, "127.0.0.1", listener->port(), 5, [&](std::shared_ptr<Transport> transport, std::string error) {
      ASSERT_EQ(error, "");
      initiate_handshake(loop, std::move(transport), worker, wire::Role::server, 0, 5,
                         [&](HandshakeResult result) { joined(client, client_error, std::move(result)); });
    });
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

TEST(Connection, HandshakeThenGoodbye) {
  Pair pair;
  pair.ready = [&] { pair.client.connection->finish(); };
  pair.run();
  EXPECT_EQ(pair.client_error, "");
  EXPECT_EQ(pair.server_error, "");
  EXPECT_EQ(pair.client.closed, "said goodbye");
  EXPECT_EQ(pair.server.closed, "closed its connection without goodbye");
}

TEST(Connection, OtherSecretsAreRefusedOnBothSides) {
  Pair pair;
  Credentials worker = credentials(wire::Role::worker);
  worker.secret[0] = std::byte{2};
  pair.run(worker, credentials(wire::Role::server));
  EXPECT_NE(pair.server_error.find("different secrets"), std::string::npos) << pair.server_error;
  EXPECT_NE(pair.client_error.find("different secrets"), std::string::npos) << pair.client_error;
  EXPECT_EQ(pair.client.connection, nullptr);
  EXPECT_EQ(pair.server.connection, nullptr);
}

TEST(Connection, HeartbeatsKeepAnIdleConnection) {
  Pair pair;
  pair.options.heartbeat_seconds = 0.02;
  pair.options.silence_seconds = 5;
  Timer end(pair.loop, [&] { pair.client.connection->finish(); });
  pair.ready = [&] { end.start(0.5); };
  pair.run();
  EXPECT_GE(pair.client.heartbeats, 3);
  EXPECT_GE(pair.server.heartbeats, 3);
}

TEST(Connection, ManyFramesArriveInOrderThroughASmallOutbox) {
  class Values final : public OutFrame {
   public:
    void sent() override { ++told; }
    int told = 0;
  };
  Pair pair;
  pair.options.outbox_bytes = 1000;
  std::vector<std::byte> values(100000);
  std::vector<std::unique_ptr<Values>> frames;
  std::uint64_t expected = 0;
  pair.server.frame = [&](const wire::Header& header) {
    if (header.type != wire::Type::write) return;
    EXPECT_EQ(header.sequence, ++expected);
    EXPECT_EQ(pair.server.room, values);
    if (expected == 200) pair.server.connection->finish();
  };
  pair.ready = [&] {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::byte>(i * 7);
    for (std::uint64_t i = 1; i <= 200; ++i) {
      Values& frame = *frames.emplace_back(std::make_unique<Values>());
      frame.header.type = wire::Type::write;
      frame.header.count = 1;
      frame.header.sequence = i;
      frame.head.resize(wire::kEntryBytes);
      for (std::size_t at = 0; at < 100; ++at) frame.body.push_back(std::span(values).subspan(at * 1000, 1000));
      pair.client.connection->send(frame);
    }
  };
  pair.run();
  EXPECT_EQ(pair.server.writes, 200);
  for (const auto& frame : frames) EXPECT_EQ(frame->told, 1);
}

TEST(Connection, AFrameForAClosedConnectionIsToldAtOnce) {
  class Counted final : public OutFrame {
   public:
    void sent() override { ++told; }
    int told = 0;
  };
  Pair pair;
  Counted frame;
  pair.ready = [&] {
    pair.client.connection->close("enough");
    pair.client.connection->send(frame);
  };
  pair.run();
  EXPECT_EQ(frame.told, 1);
  EXPECT_EQ(pair.client.closed, "enough");
}

TEST(Listener, NamesThePortInUse) {
  Loop loop;
  const auto first = Listener::open(loop, "127.0.0.1", 0, [](std::shared_ptr<Transport>) {});
  EXPECT_THROW(Listener::open(loop, "127.0.0.1", first->port(), [](std::shared_ptr<Transport>) {}), PeerError);
  EXPECT_THROW(Listener::open(loop, "no address", 0, [](std::shared_ptr<Transport>) {}), PeerError);
  first->close();
  loop.run();
}

TEST(Loop, BellsFromOtherThreadsAreNeverLost) {
  IoThread io;
  std::atomic<int> wanted = 0, seen = 0;
  Doorbell bell(io.loop(), [&] { seen = wanted.load(); });
  for (int i = 1; i <= 2000; ++i) {
    wanted = i;
    bell.ring();
    while (seen != i) std::this_thread::yield();
  }
  io.join();
}

}  // namespace
}  // namespace shoal::net
