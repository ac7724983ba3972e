// Peers that die, lie or stay away: errors that name them, in time, and servers that go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "common/base/error.h"
#include "tests/ps/cluster.h"
#include "tests/ps/raw_peer.h"

namespace shoal::ps {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const std::string kSgd = R"({"class_name": "SGD"})";

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The cluster's workers can still do their work.
void expect_alive(Cluster& cluster) {
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    train<float>(client, rank, 1, {100}, kSgd, 2, 1);
    client.finish();
  });
  for (std::uint32_t server = 0; server < cluster.endpoints.size(); ++server) EXPECT_EQ(cluster.join(server), "");
}

TEST(Failure, WrongSecretJobVersionOrRankIsRefusedAndTheServerGoesOn) {
  Cluster cluster(1, 1);
  Identity identity = cluster.identity(0);
  identity.secret[5] = std::byte{8};
  EXPECT_THAT(error_of([&] { Client::connect(identity, cluster.endpoints); }),
              AllOf(HasSubstr("server 0 (here, 127.0.0.1:"), HasSubstr("different secrets")));
  identity = cluster.identity(0);
  identity.job = "another job";
  EXPECT_THAT(error_of([&] { Client::connect(identity, cluster.endpoints); }), HasSubstr("different jobs"));
  identity = cluster.identity(0);
  identity.workers = 7;
  EXPECT_THAT(error_of([&] { Client::connect(identity, cluster.endpoints); }), HasSubstr("number of workers"));
  EXPECT_EQ(RawPeer(cluster.endpoints[0].port).prove(cluster.identity(0), 0, 2), wire::Code::other_version);
  EXPECT_EQ(RawPeer(cluster.endpoints[0].port).prove(cluster.identity(0), 1), wire::Code::wrong_rank);
  expect_alive(cluster);
}

TEST(Failure, ServersInAnotherOrderAreNoticed) {
  Cluster cluster(1, 2);
  const std::vector<Endpoint> swapped = {cluster.endpoints[1], cluster.endpoints[0]};
  EXPECT_THAT(error_of([&] { Client::connect(cluster.identity(0), swapped); }), HasSubstr("role or rank"));
  expect_alive(cluster);
}

TEST(Failure, ARankConnectsOnce) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  EXPECT_THAT(error_of([&] { cluster.connect(0); }), HasSubstr("already connected"));
  client->barrier();
  client->finish();
}

TEST(Failure, SilentAndBabblingStrangersAreDroppedInTime) {
  Cluster cluster(1, 1);
  RawPeer silent(cluster.endpoints[0].port), babbler(cluster.endpoints[0].port), half(cluster.endpoints[0].port);
  babbler.send(pseudo_bytes(4096, 3));
  half.send(pseudo_bytes(20, 4));
  const auto start = Clock::now();
  EXPECT_TRUE(babbler.closed_by_server());
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(4));
  EXPECT_TRUE(silent.closed_by_server());
  EXPECT_TRUE(half.closed_by_server());
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(15));
  expect_alive(cluster);
}

TEST(Failure, AServerThatIsNotThereIsNamed) {
  std::uint16_t port = 0;
  {
    ServerOptions options;
    options.bind_address = "127.0.0.1";
    port = Server::listen(options)->port();
  }
  Cluster cluster(1, 1);
  auto endpoints = cluster.endpoints;
  Endpoint gone;
  gone.addresses = {"127.0.0.1"};
  gone.port = port;
  endpoints.push_back(gone);
  EXPECT_EQ(error_of([&] { Client::connect(cluster.identity(0), endpoints); }),
            fmt::format("server 1 (127.0.0.1:{}): cannot be reached: Connection refused", port));
}

// Each address is proved by the handshake: another job's server, a port without anybody, then the right one.
TEST(Failure, AddressesAreTriedInTurn) {
  Cluster other(1, 1, 30, 0, "unix"), cluster(1, 1);
  auto endpoints = cluster.endpoints;
  const std::string foreign = other.endpoints[0].addresses[0];
  endpoints[0].addresses = {"unix:shoal-nobody", foreign, "127.0.0.1"};
  Identity identity = cluster.identity(0);
  identity.secret[0] = std::byte{99};
  const std::string error = error_of([&] { Client::connect(identity, endpoints); });
  EXPECT_THAT(error, HasSubstr("server 0 (here): none of its addresses leads to it: unix:shoal-nobody: cannot be "
                               "reached: Connection refused; " +
                               foreign + ": "));
  EXPECT_THAT(error, HasSubstr("; 127.0.0.1:"));

  Cluster wide(2, 1);  // the foreign server has one worker, and is no match
  endpoints = wide.endpoints;
  endpoints[0].addresses = {"unix:shoal-nobody", foreign, "127.0.0.1"};
  const auto client = Client::connect(wide.identity(0), endpoints);
  EXPECT_EQ(client->protocol(0), "TCP");
  endpoints[0].addresses = {};
  EXPECT_THAT(error_of([&] { Client::connect(wide.identity(1), endpoints); }), HasSubstr("must have an address"));
}

TEST(Failure, TlsOnOneSideOnlyIsSaid) {
  Cluster plain(1, 1), encrypted(1, 1, 30, 0, "tls");
  auto endpoints = plain.endpoints;
  endpoints[0].tls = encrypted.endpoints[0].tls;
  EXPECT_THAT(error_of([&] { Client::connect(plain.identity(0), endpoints); }), HasSubstr("it may not speak TLS"));
  endpoints = encrypted.endpoints;
  endpoints[0].tls = nullptr;
  EXPECT_THAT(error_of([&] { Client::connect(encrypted.identity(0), endpoints); }),
              ::testing::AnyOf(HasSubstr("it speaks TLS"), HasSubstr("closed the connection during the handshake")));
  expect_alive(plain);
  expect_alive(encrypted);
}

TEST(Failure, APortInUseIsNamed) {
  ServerOptions options;
  options.bind_address = "127.0.0.1";
  const auto first = Server::listen(options);
  options.port = first->port();
  EXPECT_EQ(error_of([&] { Server::listen(options); }), fmt::format("port {} is in use", options.port));
}

TEST(Failure, AWorkerThatDiesInAPushIsNamed) {
  Cluster cluster(2, 1);
  RawPeer dying(cluster.endpoints[0].port);
  ASSERT_EQ(dying.prove(cluster.identity(1), 1), wire::Code::accepted);
  const auto client = cluster.connect(0);
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = {1000};
  spec.rule = kSgd;
  client->open_table(spec);
  std::vector<float> gradient(1000), weights(1000);
  std::promise<void> done;
  const Client::PushPull part{0, gradient.data(), weights.data()};
  client->push_pull(1, 0, 0.1, 0, std::span(&part, 1), [&] { done.set_value(); });

  wire::Header header;
  header.type = wire::Type::push_pull;
  header.sender = 1;
  header.count = 1;
  header.table = 1;
  header.sequence = 1;
  header.payload = wire::kEntryBytes + 4000;
  dying.send(bytes_of(header));
  std::array<std::byte, wire::kEntryBytes> entry{};
  wire::Entry slice;
  slice.bytes = 4000;
  wire::encode(slice, entry.data());
  dying.send(entry);
  dying.send(pseudo_bytes(1234, 1));
  dying.close();

  EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("worker 1 (127.0.0.1:"), HasSubstr("without goodbye")));
  done.get_future().wait();  // it runs, and check tells why
  EXPECT_THAT(error_of([&] { client->check(); }), AllOf(HasSubstr("server 0 (here"), HasSubstr("worker 1 (127.0.0.1")));
  EXPECT_THAT(error_of([&] { client->barrier(); }), HasSubstr("worker 1"));
}

TEST(Failure, AWorkerThatIsSilentIsNamed) {
  Cluster cluster(2, 1, 1.5);
  RawPeer silent(cluster.endpoints[0].port);
  ASSERT_EQ(silent.prove(cluster.identity(1), 1), wire::Code::accepted);
  const auto client = cluster.connect(0);  // which keeps sending heartbeats
  EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("worker 1 (127.0.0.1:"), HasSubstr("was silent for 1.5 s")));
  EXPECT_THAT(error_of([&] { client->barrier(); }), HasSubstr("was silent"));
}

TEST(Failure, MalformedFramesOfAMemberEndItsSession) {
  const std::vector<std::function<void(wire::Header&)>> mistakes = {
      [](auto& h) { h.sender = 0; },
      [](auto& h) { h.table = 99; },
      [](auto& h) { h.payload = std::uint64_t{1} << 60, h.type = wire::Type::push_pull, h.count = 1; },
      [](auto& h) { h.type = wire::Type::weights, h.count = 1, h.payload = 16; },
      [](auto& h) { h.codec = 3; },
      [](auto& h) { h.type = wire::Type::open_table, h.count = 0, h.payload = 64; },
      [](auto& h) { h.type = wire::Type::collective, h.count = 0, h.payload = 64, h.step = 1; },
  };
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    Cluster cluster(2, 1);
    RawPeer peer(cluster.endpoints[0].port);
    ASSERT_EQ(peer.prove(cluster.identity(1), 1), wire::Code::accepted);
    wire::Header header;
    header.type = wire::Type::read;
    header.sender = 1;
    header.count = 1;
    header.table = 1;
    header.sequence = 1;
    header.payload = wire::kEntryBytes;
    mistakes[i](header);
    peer.send(bytes_of(header));
    peer.send(pseudo_bytes(64, i));
    EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("worker 1 (127.0.0.1:"), HasSubstr("sent what it should not"))) << i;
  }
}

TEST(Failure, RandomFramesOfAMemberNeverDoMore) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Cluster cluster(1, 1);
    RawPeer peer(cluster.endpoints[0].port);
    ASSERT_EQ(peer.prove(cluster.identity(0), 0), wire::Code::accepted);
    auto bytes = pseudo_bytes(2000, seed);
    if (seed % 2 == 0) {  // good beginnings
      wire::Header header;
      header.type = static_cast<wire::Type>(1 + seed / 2 % 20);
      header.count = static_cast<std::uint32_t>(bytes[0]) % 3;
      header.payload = static_cast<std::uint64_t>(bytes[1]) * 8;
      wire::encode(header, std::span<std::byte, wire::kHeaderBytes>(bytes.data(), wire::kHeaderBytes));
    }
    peer.send(bytes);
    peer.close();
    const std::string error = cluster.join(0);
    EXPECT_TRUE(error.empty() || error.find("worker 0 (127.0.0.1:") == 0) << error;
  }
}

TEST(Failure, AServerThatIsLostIsNamed) {
  Cluster cluster(1, 2);
  const auto client = cluster.connect(0);
  cluster.stop(1);
  std::string error;
  for (int i = 0; i < 1000 && error.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    error = error_of([&] { client->check(); });
  }
  EXPECT_THAT(error, AllOf(HasSubstr("server 1 (here, 127.0.0.1:"), HasSubstr("closed its connection")));
}

TEST(Failure, WorkersThatNeverComeAreNamed) {
  ServerOptions options;
  options.bind_address = "127.0.0.1";
  options.workers = 2;
  options.join_seconds = 0.1;
  const auto server = Server::listen(options);
  EXPECT_EQ(error_of([&] { server->run(); }), "worker 0, 1 has not connected within 0.1 s");
}

TEST(Failure, StopEndsAServer) {
  Cluster cluster(2, 1);
  cluster.stop(0);
  EXPECT_EQ(cluster.join(0), "");
}

}  // namespace
}  // namespace shoal::ps
