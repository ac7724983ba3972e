#include "launcher/doctor/findings.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoal::launcher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kMiB = 1 << 20, kGiB = 1 << 30;

ExaminedHost host(const std::string& name) {
  ExaminedHost made{.name = name, .slots = 4, .failure = "", .clock_offset = 0.01, .facts = {}};
  made.facts = {.name = name,
                .key = fmt::format("{} net:[1]", name),
                .interfaces = {{"eth0", fmt::format("10.0.0.{}", name), false}, {"docker0", "172.17.0.1", true}},
                .address = fmt::format("10.0.0.{}", name),
                .shoal = "0.1.0",
                .mpi = "Open MPI v4.1.4",
                .kernels = "avx2",
                .kernels_error = "",
                .cores = 8,
                .usable = 8,
                .binding = "none",
                .memory_total = 16 * kGiB,
                .memory_available = 8 * kGiB,
                .shared_total = 8 * kGiB,
                .shared_available = 8 * kGiB};
  return made;
}

// Three hosts and three pairs without fault.
Examination sound() {
  const Trip trip{.error = "", .round_trip = 5e-5, .bandwidth = 1.25e9};
  return {.hosts = {host("a"), host("b"), host("c")},
          .pairs = {{0, 1, trip, trip}, {0, 2, trip, trip}, {1, 2, trip, trip}},
          .rendezvous_failure = ""};
}

Finding error(const std::string& text) { return {true, text}; }
Finding warning(const std::string& text) { return {false, text}; }

TEST(FindingsTest, NothingOfASoundCluster) { EXPECT_THAT(find_problems(sound()), IsEmpty()); }

TEST(FindingsTest, AHostThatCannotBeExamined) {
  Examination all = sound();
  all.hosts[1] = {.name = "b", .slots = 64, .failure = "mpirun ended", .clock_offset = 0, .facts = {}};
  all.pairs = {all.pairs[1]};
  EXPECT_THAT(find_problems(all), ElementsAre(error("host b: cannot be examined: mpirun ended")));
}

TEST(FindingsTest, VersionsThatDiffer) {
  Examination all = sound();
  all.hosts[1].facts.shoal = "0.2.0";
  all.hosts[0].facts.mpi = "Open MPI v5.0.0";
  EXPECT_THAT(find_problems(all),
              ElementsAre(error("Shoal's version must be the same on all hosts: 0.1.0 on a, c; 0.2.0 on b"),
                          error("Open MPI's version must be the same on all hosts: Open MPI v4.1.4 on b, c; Open MPI "
                                "v5.0.0 on a")));
}

TEST(FindingsTest, APairThatCannotConnect) {
  Examination all = sound();
  all.pairs[2].back = {.error = "no answer", .round_trip = 0, .bandwidth = 0};
  EXPECT_THAT(find_problems(all),
              ElementsAre(error("hosts c -> b: a TCP connection to 10.0.0.b must be possible: no answer")));
}

TEST(FindingsTest, AProbeThatBreaksOffIsNotAPairsFault) {
  Examination all = sound();
  all.hosts[1] = {.name = "b", .slots = 4, .failure = "its probe broke off", .clock_offset = 0, .facts = {}};
  all.pairs[0].there = all.pairs[2].back = {.error = "the connection broke", .round_trip = 0, .bandwidth = 0};
  EXPECT_THAT(find_problems(all), ElementsAre(error("host b: cannot be examined: its probe broke off")));
}

TEST(FindingsTest, ProcessesThatDoNotMeet) {
  Examination all = sound();
  all.rendezvous_failure = "b: no answer came in time";
  EXPECT_THAT(find_problems(all),
              ElementsAre(error("MPI: processes on all hosts must find each other: b: no answer came in time")));
}

TEST(FindingsTest, MemoryNearlyNone) {
  Examination all = sound();
  all.hosts[2].facts.memory_available = 255 * kMiB;
  EXPECT_THAT(find_problems(all),
              ElementsAre(error("host c: memory available must be at least 256 MiB, found 255 MiB")));
  all.hosts[2].facts.memory_available = 256 * kMiB;
  EXPECT_THAT(find_problems(all), IsEmpty());
}

TEST(FindingsTest, SharedMemoryTooSmallOrAbsent) {
  Examination all = sound();
  all.hosts[0].facts.shared_available = 63 * kMiB;
  all.hosts[1].facts.shared_total = all.hosts[1].facts.shared_available = -1;
  EXPECT_THAT(find_problems(all),
              ElementsAre(warning("host a: /dev/shm should have 64 MiB free, found 63 MiB; a program's own MPI calls "
                                  "need it, Shoal's shared memory does not"),
                          warning("host b: /dev/shm should be there and writable; a program's own MPI calls need it, "
                                  "Shoal's shared memory does not")));
}

TEST(FindingsTest, ClocksThatDiffer) {
  Examination all = sound();
  all.hosts[1].clock_offset = -1.26;
  EXPECT_THAT(find_problems(all),
              ElementsAre(warning("host b: its clock should be within 1 s of the first host's, found -1.3 s")));
}

TEST(FindingsTest, FewerCoresThanSlots) {
  Examination all = sound();
  all.hosts[1].facts.usable = 3;
  EXPECT_THAT(find_problems(all),
              ElementsAre(warning("host b: the hostfile says slots=4, but 3 of 8 cores may be used")));
  all.hosts[1].slots = 0;
  EXPECT_THAT(find_problems(all), IsEmpty());
}

TEST(FindingsTest, KernelLevels) {
  Examination all = sound();
  all.hosts[1].facts.kernels = "avx512";
  EXPECT_THAT(find_problems(all),
              ElementsAre(warning("kernel levels differ: avx2 on a, c; avx512 on b; a result's bits depend on the "
                                  "level, SHOAL_KERNELS=avx2 makes them one")));
  all.hosts[1].facts.kernels = "";
  all.hosts[1].facts.kernels_error = "SHOAL_KERNELS: this processor lacks 'avx512'";
  EXPECT_THAT(find_problems(all),
              ElementsAre(error("host b: no kernels: SHOAL_KERNELS: this processor lacks 'avx512'")));
}

TEST(FindingsTest, AnAddressThatOthersSeldomReach) {
  Examination all = sound();
  all.hosts[0].facts.address = all.hosts[0].facts.interfaces[1].address;
  EXPECT_THAT(find_problems(all), ElementsAre(warning("host a: its address 172.17.0.1 is of docker0, which other hosts "
                                                      "seldom reach; SHOAL_ADDRESS names a better one")));
  for (ExaminedHost& one : all.hosts) one.facts.key = "one host alone";
  for (ExaminedHost& one : all.hosts) one.name = "a";
  EXPECT_THAT(find_problems(all), IsEmpty());
}

TEST(FindingsTest, TwoNamesOfOneHost) {
  Examination all = sound();
  all.hosts[2].facts.key = all.hosts[0].facts.key;
  EXPECT_THAT(find_problems(all), ElementsAre(warning("hosts a and c: both names are of the same host, a")));
}

TEST(FindingsTest, ASlowPair) {
  Examination all = sound();
  all.pairs[0].there.bandwidth = 1.2e8;
  EXPECT_THAT(find_problems(all), ElementsAre(warning("hosts a -> b: bandwidth should be a tenth of the median 10.00 "
                                                      "Gbit/s, found 0.96 Gbit/s")));
  all.pairs[0].there.bandwidth = 1.3e8;
  EXPECT_THAT(find_problems(all), IsEmpty());
}

TEST(FindingsTest, ASlowHostIsOneLine) {
  Examination all = sound();
  all.hosts.push_back(host("d"));
  const Trip slow{.error = "", .round_trip = 5e-5, .bandwidth = 1.25e7};
  for (int other = 0; other < 3; ++other) all.pairs.push_back({other, 3, slow, slow});
  EXPECT_THAT(find_problems(all), ElementsAre(warning("host d: bandwidth should be a tenth of the median 10.00 Gbit/s, "
                                                      "found at best 0.10 Gbit/s")));
}

TEST(FindingsTest, ErrorsComeFirstAndEachOnce) {
  Examination all = sound();
  all.hosts[0].clock_offset = 2;
  all.hosts[2].facts.memory_available = 0;
  all.hosts.push_back(all.hosts[2]);  // the second process of a single host
  const auto found = find_problems(all);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].error);
  EXPECT_FALSE(found[1].error);
}

}  // namespace
}  // namespace shoal::launcher
