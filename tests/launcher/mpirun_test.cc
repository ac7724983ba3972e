#include "launcher/mpirun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace shoal::launcher {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MpirunTest, NamesVariablesButNeverTheirValues) {
  const RunOptions options{
      .workers = 3, .servers = 2, .hostfile = "hosts", .threads = 4, .program = {"./prog", "--lr", "1"}};
  const auto command = mpirun_command(options, {{"SHOAL_SUPERVISOR_SECRET", "c0ffee"}}, true);
  EXPECT_THAT(command.arguments, Contains("SHOAL_SUPERVISOR_SECRET"));
  EXPECT_THAT(command.arguments, Not(Contains(HasSubstr("c0ffee"))));
  EXPECT_EQ(command.environment.at("SHOAL_SUPERVISOR_SECRET"), "c0ffee");
  EXPECT_EQ(command.environment.at("SHOAL_SERVERS"), "2");
  EXPECT_EQ(command.environment.at("SHOAL_THREADS"), "4");
  const std::vector<std::string> end(command.arguments.end() - 5, command.arguments.end());
  EXPECT_EQ(end, (std::vector<std::string>{"-n", "5", "./prog", "--lr", "1"}));
  EXPECT_THAT(command.arguments, Contains("--allow-run-as-root"));
  EXPECT_THAT(mpirun_command(options, {}, false).arguments, Not(Contains("--allow-run-as-root")));
}

TEST(MpirunTest, TellsAllWorkersWhoApplies) {
  const auto command = mpirun_command({.update = "worker", .program = {"./prog"}}, {}, false);
  EXPECT_EQ(command.environment.at("SHOAL_UPDATE"), "worker");
  EXPECT_THAT(command.arguments, Contains("SHOAL_UPDATE"));
  EXPECT_THAT(mpirun_command({.program = {"./prog"}}, {}, false).arguments, Not(Contains("SHOAL_UPDATE")));
}

TEST(MpirunTest, TellsAllHostsWhatDecidesAboutBits) {
  ::setenv("SHOAL_KERNELS", "avx2", 1);
  const auto command = mpirun_command({.program = {"./prog"}}, {}, false);
  ::unsetenv("SHOAL_KERNELS");
  EXPECT_THAT(command.arguments, Contains("SHOAL_KERNELS"));
  EXPECT_EQ(command.environment.at("SHOAL_KERNELS"), "avx2");
  EXPECT_THAT(mpirun_command({.program = {"./prog"}}, {}, false).arguments, Not(Contains("SHOAL_KERNELS")));
}

TEST(MpirunTest, TellsAllHostsHowToMeet) {
  const auto plain = mpirun_command({.program = {"./prog"}}, {}, false);
  EXPECT_FALSE(plain.environment.contains("SHOAL_TLS") || plain.environment.contains("SHOAL_INTERFACE"));
  ::setenv("SHOAL_INTERFACE", "eth0", 1);
  const auto command = mpirun_command({.transport = "tcp", .tls = true, .program = {"./prog"}}, {}, false);
  EXPECT_EQ(command.environment.at("SHOAL_TRANSPORT"), "tcp");
  EXPECT_EQ(command.environment.at("SHOAL_TLS"), "1");
  EXPECT_EQ(command.environment.at("SHOAL_INTERFACE"), "eth0");
  EXPECT_EQ(mpirun_command({.interface = "eth1", .program = {"./prog"}}, {}, false).environment.at("SHOAL_INTERFACE"),
            "eth1");
  ::unsetenv("SHOAL_INTERFACE");
}

}  // namespace
}  // namespace shoal::launcher
