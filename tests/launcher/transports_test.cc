#include "launcher/runtime/transports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/interfaces.h"

namespace shoal::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using worker::Transport;

Member on(const std::string& host) {
  Member member;
  member.host = member.host_key = host;
  return member;
}

TEST(TransportsTest, TensorsGoThroughMemoryOnlyOnOneHost) {
  const std::vector<Member> one{on("a"), on("a")}, two{on("a"), on("b")};
  EXPECT_EQ(tensor_transport(TransportChoice::automatic, one), Transport::automatic);
  EXPECT_EQ(tensor_transport(TransportChoice::shared_memory, one), Transport::shared_memory);
  EXPECT_EQ(tensor_transport(TransportChoice::unix_sockets, one), Transport::tcp);
  EXPECT_EQ(tensor_transport(TransportChoice::tcp, one), Transport::tcp);
  EXPECT_EQ(tensor_transport(TransportChoice::automatic, two), Transport::tcp);
  EXPECT_EQ(tensor_transport(TransportChoice::tcp, two), Transport::tcp);
  for (const auto& [choice, name] : {std::pair{TransportChoice::unix_sockets, "transport unix"},
                                     {TransportChoice::shared_memory, "transport shm"}}) {
    try {
      tensor_transport(choice, two);
      ADD_FAILURE();
    } catch (const ValueError& error) {
      EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr(name), HasSubstr("there are a and b")));
    }
  }
}

TEST(TransportsTest, UnixSocketsWithinAHostElseAddresses) {
  const Listening listening{{"10.0.0.1", "10.1.0.1"}, 7000};
  const auto addresses = [&](TransportChoice choice, const char* worker) {
    return addresses_of_server(choice, on(worker), on("a"), listening, "0123", 4);
  };
  EXPECT_THAT(addresses(TransportChoice::automatic, "a"), ElementsAre("unix:shoal-0123-4", "10.0.0.1", "10.1.0.1"));
  EXPECT_THAT(addresses(TransportChoice::unix_sockets, "a"), ElementsAre("unix:shoal-0123-4"));
  EXPECT_THAT(addresses(TransportChoice::automatic, "b"), ElementsAre("10.0.0.1", "10.1.0.1"));
  EXPECT_THAT(addresses(TransportChoice::tcp, "a"), ElementsAre("10.0.0.1", "10.1.0.1"));
  const std::vector<Member> members{on("a"), on("b"), on("b")};
  const std::vector<Role> roles{{false, 0}, {true, 0}, {true, 1}};
  EXPECT_FALSE(listens_locally(TransportChoice::automatic, members, roles, 1));
  EXPECT_TRUE(listens_locally(TransportChoice::automatic, {on("b"), on("b"), on("b")}, roles, 1));
  EXPECT_FALSE(listens_locally(TransportChoice::tcp, {on("b"), on("b"), on("b")}, roles, 1));
}

TEST(TransportsTest, OneLineSaysWhatIsUsed) {
  EXPECT_EQ(describe(Transport::tcp, {"Unix socket", "TCP", "Unix socket"}),
            "Unix socket to 2 servers, TCP to 1 server");
  EXPECT_EQ(describe(Transport::automatic, {"Unix socket"}), "shared memory, Unix socket to 1 server");
}

TEST(TransportsTest, AListeningTravels) {
  const Listening same = decode_listening(encode(Listening{{"10.0.0.1", "10.1.0.1"}, 7000}));
  EXPECT_THAT(same.addresses, ElementsAre("10.0.0.1", "10.1.0.1"));
  EXPECT_EQ(same.port, 7000);
  EXPECT_TRUE(decode_listening(encode(Listening{})).addresses.empty());
}

TEST(TransportsTest, InterfacesMatchByNameOrNetwork) {
  const Interface eth{.name = "eth0", .address = "10.1.2.3"};
  EXPECT_TRUE(matches(eth, "eth0"));
  EXPECT_FALSE(matches(eth, "eth"));
  EXPECT_TRUE(matches(eth, "10.1.0.0/16"));
  EXPECT_TRUE(matches(eth, "0.0.0.0/0"));
  EXPECT_FALSE(matches(eth, "10.1.2.2/32"));
  EXPECT_THROW(matches(eth, "10.1/16"), ValueError);
  EXPECT_THROW(matches(eth, "10.1.0.0/40"), ValueError);
}

TEST(TransportsTest, AddressesAsChosen) {
  EXPECT_THAT(reachable_addresses({.address = "192.0.2.1"}), ElementsAre("192.0.2.1"));
  EXPECT_EQ(bind_address({.address = "192.0.2.1"}), "0.0.0.0");  // no interface here has it
  EXPECT_EQ(bind_address({}), "0.0.0.0");
  EXPECT_EQ(bind_address({.address = "127.0.0.1"}), "127.0.0.1");
  EXPECT_THAT(reachable_addresses({.interface = "127.0.0.0/8"}), ::testing::Contains("127.0.0.1"));
  EXPECT_EQ(bind_address({.interface = "127.0.0.1/32"}), "127.0.0.1");
  EXPECT_FALSE(reachable_addresses({}).empty());
  EXPECT_THROW(reachable_addresses({.interface = "nosuch9"}), ValueError);
}

}  // namespace
}  // namespace shoal::launcher
