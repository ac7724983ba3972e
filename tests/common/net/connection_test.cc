#include "common/net/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/base/error.h"
#include "tests/common/net/pair.h"

namespace shoal::net {
namespace {

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
