#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "common/base/error.h"
#include "launcher/doctor/acceptor.h"
#include "launcher/doctor/host_facts.h"
#include "launcher/doctor/pair_probe.h"
#include "launcher/doctor/schedule.h"
#include "launcher/doctor/tables.h"
#include "launcher/probe_job.h"

namespace shoal::launcher {
namespace {

using ::testing::HasSubstr;

TEST(DoctorTest, EveryPairOnceAndNoHostTwiceInARound) {
  for (int hosts = 0; hosts <= 9; ++hosts) {
    std::set<std::pair<int, int>> all;
    for (const auto& round : pair_rounds(hosts)) {
      std::set<int> busy;
      for (const auto& [a, b] : round) {
        EXPECT_LT(a, b);
        EXPECT_TRUE(busy.insert(a).second && busy.insert(b).second) << hosts;
        EXPECT_TRUE(all.emplace(a, b).second) << hosts;
      }
    }
    EXPECT_EQ(all.size(), static_cast<std::size_t>(hosts * (hosts - 1) / 2)) << hosts;
  }
  EXPECT_EQ(pair_rounds(8).size(), 7u);
}

TEST(DoctorTest, FactsOfThisHostTravel) {
  const HostFacts facts = gather_facts("1.2.3");
  EXPECT_EQ(facts.shoal, "1.2.3");
  EXPECT_THAT(facts.mpi, HasSubstr("Open MPI v"));
  EXPECT_GE(facts.cores, facts.usable);
  EXPECT_GE(facts.usable, 1);
  EXPECT_GT(facts.memory_total, facts.memory_available);
  EXPECT_GT(facts.memory_available, 0);
  const HostFacts same = decode_facts(encode(facts));
  EXPECT_EQ(encode(same), encode(facts));
  EXPECT_EQ(decode_facts(R"({"name": "old"})").name, "old");  // of another version, with fewer fields
  EXPECT_THROW(decode_facts("{"), PeerError);
  EXPECT_THROW(decode_facts(R"({"cores": "many"})"), PeerError);
}

TEST(DoctorTest, SaysRangesAndSkipsVirtualInterfaces) {
  EXPECT_EQ(ranges_of({0, 1, 2, 5, 8, 9}), "0-2,5,8-9");
  EXPECT_EQ(ranges_of({}), "");
  EXPECT_TRUE(is_skipped("docker0") && is_skipped("br-12ab") && is_skipped("veth7"));
  EXPECT_FALSE(is_skipped("eth0") || is_skipped("ib0") || is_skipped("br0"));
}

TEST(DoctorTest, MeasuresAPair) {
  const JobSecret secret = make_secret();
  PairServer server(true, 0, secret);
  const Trip trip = measure("127.0.0.1", server.port(), secret, 1);
  EXPECT_EQ(trip.error, "");
  EXPECT_GT(trip.round_trip, 0);
  EXPECT_GT(trip.bandwidth, 1e6);
  EXPECT_EQ(decode_trip(encode(trip)).bandwidth, trip.bandwidth);
  // It answers the next one too, but no stranger.
  JobSecret wrong = secret;
  wrong.key[0] ^= std::byte{1};
  EXPECT_THAT(measure("127.0.0.1", server.port(), wrong, 1).error, HasSubstr("no handshake"));
  EXPECT_EQ(measure("127.0.0.1", server.port(), secret, 1).error, "");
  EXPECT_THROW(PairServer(true, server.port(), secret), IoError);
}

TEST(DoctorTest, SaysWhyAPairHasNoConnection) {
  const JobSecret secret = make_secret();
  const std::uint16_t port = Acceptor(true, 0).port();  // nobody listens there any more
  EXPECT_EQ(measure("127.0.0.1", port, secret, 0).error, "Connection refused");
  EXPECT_EQ(measure("a name", port, secret, 0).error, "no IPv4 address");
}

TEST(DoctorTest, AChannelNeverWaitsForEver) {
  const JobSecret secret = make_secret();
  Acceptor acceptor(true, 0);
  EXPECT_FALSE(acceptor.accept(secret, 0.01));
  auto other = std::async(std::launch::async, [&] { return acceptor.accept(secret, 5); });
  Channel channel = Channel::dial("127.0.0.1", acceptor.port(), secret, 7, 5);
  auto welcomed = other.get();
  ASSERT_TRUE(welcomed);
  EXPECT_EQ(welcomed->place(), 7);
  EXPECT_THROW(channel.receive(0.05), PeerError);
  welcomed->send("a text", 1);
  EXPECT_EQ(channel.receive(1), "a text");
  const std::array<std::byte, 4> huge{std::byte{255}, std::byte{255}, std::byte{255}, std::byte{255}};
  welcomed->write(huge, after(1));
  EXPECT_THROW(channel.receive(1), PeerError);
  welcomed.reset();
  EXPECT_THROW(channel.receive(1), PeerError);
}

TEST(DoctorTest, TablesAreAligned) {
  EXPECT_EQ(align({{"host", "cores"}, {"a", "8 of 8"}, {"longer", "-"}}), "host    cores\na       8 of 8\nlonger  -\n");
  Examination all;
  all.hosts = {{.name = "a", .slots = 1, .failure = "", .clock_offset = 0, .facts = gather_facts("1.2.3")},
               {.name = "gone", .slots = 1, .failure = "no answer", .clock_offset = 0, .facts = {}}};
  all.pairs = {{0, 1, {"", 5e-5, 1.25e9}, {"no answer", 0, 0}}};
  EXPECT_THAT(host_table(all), HasSubstr("\ngone"));
  EXPECT_THAT(pair_table(all), HasSubstr("a - gone  yes       no             50           -        10.00   -\n"));
}

TEST(ProbeJobTest, TakesTheFirstParagraphOfErrors) {
  EXPECT_EQ(first_complaint(""), "");
  EXPECT_EQ(first_complaint("Warning: Permanently added 'b'\r\nssh: no route\r\n-----\nORTE was unable\n"),
            "ssh: no route");
  EXPECT_EQ(first_complaint("-------\nmpirun was unable to find\nthe executable:\n\nNode: b\n"),
            "mpirun was unable to find the executable:");
  EXPECT_EQ(first_complaint(std::string(1000, 'x')), std::string(240, 'x') + " ...");
}

}  // namespace
}  // namespace shoal::launcher
