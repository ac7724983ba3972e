#include "launcher/runtime/roles.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {

constexpr bool kServer = true, kWorker = false;

TEST(RolesTest, TheLastProcessesAreServers) {
  EXPECT_EQ(resolve_roles(std::vector<Claim>(5, Claim{"", 2})),
            (std::vector<Role>{{kWorker, 0}, {kWorker, 1}, {kWorker, 2}, {kServer, 0}, {kServer, 1}}));
}

TEST(RolesTest, NamedRolesStandInAnyOrder) {
  EXPECT_EQ(resolve_roles({{"server", -1}, {"worker", -1}, {"server", -1}, {"worker", -1}}),
            (std::vector<Role>{{kServer, 0}, {kWorker, 0}, {kServer, 1}, {kWorker, 1}}));
}

TEST(RolesTest, ColocatedServersLeaveAllProcessesWorkers) {
  EXPECT_EQ(resolve_roles(std::vector<Claim>(2, Claim{"", kColocated})),
            (std::vector<Role>{{kWorker, 0}, {kWorker, 1}}));
}

void expect_refused(const std::vector<Claim>& claims, const std::string& part) {
  try {
    resolve_roles(claims);
    ADD_FAILURE() << part;
  } catch (const ValueError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(RolesTest, WrongCountsAreRefused) {
  expect_refused({{"", 3}, {"", 3}, {"", 3}}, "at most 2 can be servers, received 3");
  expect_refused({{"", 0}, {"", 0}}, "2 workers and 0 servers");
  expect_refused({{"", -1}, {"", -1}}, "nothing says how many are servers");
  expect_refused({{"", 1}, {"", 2}}, "process 1 has 2");
  expect_refused({{"", kColocated}, {"", 2}}, "process 0 has colocated, process 1 has 2");
  expect_refused({{"worker", -1}, {"worker", -1}}, "2 workers and 0 servers");
  expect_refused({{"server", -1}, {"server", -1}}, "0 workers and 2 servers");
  expect_refused({{"worker", -1}, {"", 1}}, "process 1 does not");
}

}  // namespace
}  // namespace shoal::launcher
