#include "common/net/transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <numeric>

#include "common/base/error.h"
#include "common/net/dialer.h"
#include "common/net/listener.h"
#include "common/net/tls.h"
#include "tests/support/allocations.h"

namespace shoal::net {
namespace {

std::string name_of_this_test() {
  return fmt::format("unix:shoal-test-{}-{}", ::getpid(),
                     ::testing::UnitTest::GetInstance()->current_test_info()->name());
}

// Bytes whose value tells their place.
std::vector<std::byte> pattern(std::size_t n, unsigned salt) {
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>((i * 2654435761u + salt) >> 11);
  return bytes;
}

// Cuts memory into spans of the given sizes, again and again.
template <class Byte>
std::vector<std::span<Byte>> cut(std::span<Byte> bytes, const std::vector<std::size_t>& sizes) {
  std::vector<std::span<Byte>> spans;
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    const std::size_t n = std::min(sizes[i % sizes.size()], bytes.size());
    spans.push_back(bytes.first(n));
    bytes = bytes.subspan(n);
  }
  return spans;
}

template <class Byte>
void drop(std::vector<std::span<Byte>>& spans, std::size_t& at, std::size_t n) {
  while (at < spans.size() && n >= spans[at].size()) n -= spans[at++].size();
  if (n > 0) spans[at] = spans[at].subspan(n);
}

struct Moving {
  Operation operation;
  boost::system::error_code error;
  bool over = false;
};

Task send(std::shared_ptr<Transport> transport, std::vector<std::span<const std::byte>> spans, Moving& moving) {
  for (std::size_t at = 0; at < spans.size() && !moving.error;) {
    Writing writing(*transport, std::span(std::as_const(spans)).subspan(at), moving.operation);
    co_await writing;
    moving.error = moving.operation.error;
    if (!moving.error) drop(spans, at, moving.operation.bytes);
  }
  moving.over = true;
}

Task receive(std::shared_ptr<Transport> transport, std::vector<std::span<std::byte>> spans, Moving& moving) {
  for (std::size_t at = 0; at < spans.size() && !moving.error;) {
    Reading reading(*transport, std::span(std::as_const(spans)).subspan(at), moving.operation);
    co_await reading;
    moving.error = moving.operation.error;
    if (!moving.error) drop(spans, at, moving.operation.bytes);
  }
  moving.over = true;
}

// Both ends of a connection, on one loop.
class TransportTest : public ::testing::TestWithParam<const char*> {
 protected:
  void connect(std::uint64_t rekey_bytes = kRekeyBytes) {
    const std::vector<std::byte> secret(32, std::byte{9});
    const std::string kind = GetParam();
    const auto tls = kind == "tls" ? make_tls(secret, rekey_bytes) : nullptr;
    const std::string address = kind == "unix" ? name_of_this_test() : "127.0.0.1";
    std::unique_ptr<Listener> listener;
    const auto on_accept = [&](std::shared_ptr<Transport> transport) {
      accepted = std::move(transport);
      listener->close();
    };
    listener = Listener::open(loop, address, 0, on_accept, tls);
    const auto on_dial = [&](std::shared_ptr<Transport> transport, const std::string& error) {
      EXPECT_EQ(error, "");
      dialed = std::move(transport);
    };
    dial(loop, address, listener->port(), 5, on_dial, tls);
    loop.run();
    ASSERT_TRUE(accepted && dialed);
  }

  // One byte there and one back: afterwards both directions may be used at once.
  void greet() {
    std::array<std::byte, 1> out{std::byte{1}}, in{};
    for (const auto& [from, to] : {std::pair{dialed, accepted}, std::pair{accepted, dialed}}) {
      Moving sending, receiving;
      send(from, {out}, sending);
      receive(to, {in}, receiving);
      loop.run();
      ASSERT_TRUE(!sending.error && !receiving.error);
    }
  }

  Loop loop;
  std::shared_ptr<Transport> dialed, accepted;
};

TEST_P(TransportTest, BytesOfAllSizesGoBothWaysAtOnce) {
  connect();
  greet();
  const std::vector<std::vector<std::size_t>> cuts = {
      {1 << 20}, {1}, {16384}, {16385}, {16383, 1}, {64, 65536}, {64, 12, 3000}, {7, 100000, 1, 1, 40000}};
  for (const std::size_t size : {1u, 63u, 16384u, 16385u, 3000000u}) {
    for (const auto& cut_out : cuts) {
      if (cut_out.front() == 1 && cut_out.size() == 1 && size > 20000) continue;
      const auto& cut_in = cuts[(&cut_out - cuts.data() + 3) % cuts.size()];
      if (cut_in.front() == 1 && cut_in.size() == 1 && size > 20000) continue;
      const auto there = pattern(size, 1), back = pattern(size, 2);
      std::vector<std::byte> got_there(size), got_back(size);
      std::array<Moving, 4> moving;
      send(dialed, cut<const std::byte>(there, cut_out), moving[0]);
      send(accepted, cut<const std::byte>(back, cut_in), moving[1]);
      receive(accepted, cut<std::byte>(got_there, cut_in), moving[2]);
      receive(dialed, cut<std::byte>(got_back, cut_out), moving[3]);
      loop.run();
      for (const Moving& part : moving) ASSERT_FALSE(part.error) << part.error.message();
      ASSERT_EQ(got_there, there) << size;
      ASSERT_EQ(got_back, back) << size;
    }
  }
}

TEST_P(TransportTest, ManyNewKeysOnTheWay) {
  connect(50000);
  greet();
  const auto there = pattern(8000000, 5);
  std::vector<std::byte> got(there.size());
  Moving sending, receiving;
  send(dialed, cut<const std::byte>(there, {100000}), sending);
  receive(accepted, cut<std::byte>(got, {33333}), receiving);
  loop.run();
  EXPECT_FALSE(sending.error || receiving.error);
  EXPECT_EQ(got, there);
}

TEST_P(TransportTest, ClosingEndsWhatIsUnderWay) {
  connect();
  greet();
  const auto much = pattern(32 << 20, 3);  // more than the kernel keeps
  std::array<std::byte, 16> place{};
  std::array<Moving, 3> moving;
  send(dialed, {much}, moving[0]);
  receive(dialed, {place}, moving[1]);  // nothing comes
  Timer end(loop, [&] { dialed->close(); });
  end.start(0.05);
  loop.run();
  EXPECT_TRUE(moving[0].over && moving[0].error);
  EXPECT_TRUE(moving[1].over && moving[1].error);
  // The other side reads what was sent, then the end.
  std::vector<std::byte> got(much.size());
  receive(accepted, {got}, moving[2]);
  loop.run();
  EXPECT_TRUE(moving[2].over);
  EXPECT_TRUE(moving[2].error == asio::error::eof || moving[2].error == asio::error::connection_reset)
      << moving[2].error.message();
  dialed->close();
  Moving after;
  receive(dialed, {place}, after);
  loop.run();
  EXPECT_TRUE(after.error);
}

TEST_P(TransportTest, SaysWhatItIs) {
  connect();
  greet();
  const std::string kind = GetParam();
  const std::string expected = kind == "tls"    ? "TCP with TLSv1.3 TLS_AES_128_GCM_SHA256"
                               : kind == "unix" ? "Unix socket"
                                                : "TCP";
  EXPECT_EQ(dialed->protocol(), expected);
  EXPECT_EQ(accepted->protocol(), expected);
  const std::string peer =
      kind == "unix" ? fmt::format("process {} of this host", ::getpid()) : std::string("127.0.0.1:");
  EXPECT_TRUE(accepted->peer().starts_with(peer)) << accepted->peer();
}

TEST_P(TransportTest, SteadyTrafficAllocatesNothing) {
  connect();
  greet();
  const auto there = pattern(1 << 20, 1);
  std::vector<std::byte> got(there.size());
  const auto move = [&] {
    const auto out = cut<const std::byte>(there, {64, 30000});
    const auto in = cut<std::byte>(got, {20000});
    Moving sending, receiving;
    testing::start_counting();
    send(dialed, out, sending);
    receive(accepted, in, receiving);
    loop.run();
    EXPECT_FALSE(sending.error || receiving.error);
    return testing::stop_counting();
  };
  move();
  // Two coroutines, each with its list twice: none for each operation. But OpenSSL allocates 40 bytes four times for
  // each record.
  EXPECT_LE(move(), GetParam() == std::string("tls") ? 300 : 6);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TransportTest, ::testing::Values("tcp", "unix", "tls"),
                         [](const auto& info) { return std::string(info.param); });

TEST(UnixSocket, ANameInUseIsSaid) {
  Loop loop;
  const std::string name = name_of_this_test();
  const auto first = Listener::open(loop, name, 0, [](std::shared_ptr<Transport>) {});
  EXPECT_EQ(first->port(), 0);
  try {
    Listener::open(loop, name, 0, [](std::shared_ptr<Transport>) {});
    ADD_FAILURE();
  } catch (const PeerError& error) {
    EXPECT_EQ(std::string(error.what()), name + " is in use");
  }
  first->close();
  Listener::open(loop, name, 0, [](std::shared_ptr<Transport>) {})->close();
  EXPECT_THROW(Listener::open(loop, "unix:", 0, [](std::shared_ptr<Transport>) {}), PeerError);
  EXPECT_THROW(Listener::open(loop, "unix:" + std::string(200, 'a'), 0, [](std::shared_ptr<Transport>) {}), PeerError);
  std::string said;
  dial(loop, name, 0, 5, [&](std::shared_ptr<Transport>, const std::string& error) { said = error; });
  loop.run();
  EXPECT_EQ(said, "Connection refused");
}

}  // namespace
}  // namespace shoal::net
