#include "common/net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/net/pair.h"

namespace shoal::net {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<Tls> tls_of(std::byte key) { return make_tls(std::vector<std::byte>(32, key)); }

TEST(Tls, TheHandshakeGoesThroughAnEncryptedConnection) {
  Pair pair;
  pair.client_tls = tls_of(std::byte{1});
  pair.server_tls = tls_of(std::byte{1});
  pair.ready = [&] { pair.client.connection->finish(); };
  pair.run();
  EXPECT_EQ(pair.client_error, "");
  EXPECT_EQ(pair.server_error, "");
  EXPECT_EQ(pair.client.closed, "said goodbye");
  EXPECT_EQ(pair.server.closed, "closed its connection without goodbye");
}

TEST(Tls, AnotherKeyIsRefusedAndSaidOnBothSides) {
  Pair pair;
  pair.client_tls = tls_of(std::byte{1});
  pair.server_tls = tls_of(std::byte{2});
  pair.run();
  EXPECT_EQ(pair.server_error, "TLS: its key is not this job's");
  EXPECT_EQ(pair.client_error, "TLS: it refused the key of this process");
}

TEST(Tls, APlainPeerIsNamedBySides) {
  Pair plain_client;
  plain_client.server_tls = tls_of(std::byte{1});
  plain_client.run();
  EXPECT_EQ(plain_client.server_error, "it does not speak TLS, which this side asks for");
  EXPECT_THAT(plain_client.client_error,
              ::testing::AnyOf(HasSubstr("it speaks TLS"), HasSubstr("it closed the connection")));

  Pair plain_server;
  plain_server.client_tls = tls_of(std::byte{1});
  plain_server.run();
  EXPECT_EQ(plain_server.server_error, "it speaks TLS, which this side does not ask for");
  EXPECT_EQ(plain_server.client_error, "it closed the connection during the TLS handshake; it may not speak TLS");
}

// What strangers may send: nothing, noise, a part of a hello, a hello of an older TLS.
TEST(Tls, StrangersNeitherHangNorCrashIt) {
  const std::vector<std::vector<unsigned char>> texts = {
      {},
      {0x16, 0x03, 0x01},
      {0x16, 0x03, 0x01, 0x40, 0x00, 0x01},
      {0x16, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00},
      {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '/', '1', '.', '1', '\r', '\n', '\r', '\n'},
      std::vector<unsigned char>(20000, 0xAA),
      std::vector<unsigned char>(5, 0x15),
      std::vector<unsigned char>(300, 0)};
  for (const auto& text : texts) {
    Loop loop;
    std::string said;
    std::shared_ptr<Transport> stranger;
    std::unique_ptr<Listener> listener;
    const auto on_accept = [&](std::shared_ptr<Transport> transport) {
      listener->close();
      accept_handshake(
          loop, std::move(transport), credentials(wire::Role::server), 0.2,
          [](const wire::Hello&) { return wire::Code::accepted; },
          [&](HandshakeResult result) {
            said = result.error;
            stranger->close();
          });
    };
    listener = Listener::open(loop, "127.0.0.1", 0, on_accept, tls_of(std::byte{1}));
    Operation operation;
    struct Sender {
      static Task send(std::shared_ptr<Transport> to, std::span<const std::byte> bytes, Operation& operation) {
        const std::array<std::span<const std::byte>, 1> spans{bytes};
        Writing writing(*to, spans, operation);
        co_await writing;
      }
    };
    dial(loop, "127.0.0.1", listener->port(), 5, [&](std::shared_ptr<Transport> transport, const std::string&) {
      stranger = std::move(transport);
      if (!text.empty()) Sender::send(stranger, std::as_bytes(std::span(text)), operation);
    });
    loop.run();
    EXPECT_NE(said, "") << text.size();
  }
}

TEST(Tls, SilenceMeetsTheHandshakesDeadline) {
  Loop loop;
  std::shared_ptr<Transport> silent;
  std::unique_ptr<Listener> listener;
  const auto keep = [&](std::shared_ptr<Transport> transport) {
    silent = std::move(transport);
    listener->close();
  };
  listener = Listener::open(loop, "127.0.0.1", 0, keep);
  std::string said;
  const auto on_dial = [&](std::shared_ptr<Transport> transport, const std::string&) {
    initiate_handshake(loop, std::move(transport), credentials(wire::Role::worker), wire::Role::server, 0, 0.1,
                       [&](HandshakeResult result) { said = result.error; });
  };
  dial(loop, "127.0.0.1", listener->port(), 5, on_dial, tls_of(std::byte{1}));
  loop.run();
  EXPECT_EQ(said, "no handshake within 0.1 s");
}

}  // namespace
}  // namespace shoal::net
