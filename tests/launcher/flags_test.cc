#include "launcher/runtime/flags.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/error.h"
#include "launcher/runtime/roles.h"

namespace shoal::launcher {
namespace {

// A command line that take_flags may rewrite, and what is left of it.
struct CommandLine {
  explicit CommandLine(std::vector<std::string> words) : texts(std::move(words)) {
    for (auto& text : texts) argv.push_back(text.data());
    argv.push_back(nullptr);
    argc = static_cast<int>(texts.size());
  }
  std::vector<std::string> rest() const { return {argv.begin(), argv.begin() + argc}; }
  std::vector<std::string> texts;
  std::vector<char*> argv;
  int argc;
};

class FlagsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"SHOAL_SERVERS", "SHOAL_ROLE", "SHOAL_THREADS", "SHOAL_PORT", "SHOAL_TRANSPORT",
                             "SHOAL_UPDATE", "SHOAL_RESUME", "SHOAL_TLS", "SHOAL_ADDRESS", "SHOAL_INTERFACE"})
      unsetenv(name);
  }
  void SetUp() override { TearDown(); }
};

TEST_F(FlagsTest, TakesItsOwnAndLeavesTheProgramsArguments) {
  CommandLine line({"prog", "--epochs", "3", "--shoal-servers", "2", "--shoal-threads=4", "--resume", "data"});
  const Flags flags = take_flags(line.argc, line.argv.data());
  EXPECT_EQ(flags.servers, 2);
  EXPECT_EQ(flags.threads, 4);
  EXPECT_EQ(flags.transport, TransportChoice::automatic);
  EXPECT_FALSE(flags.tls);
  EXPECT_TRUE(flags.resume);
  EXPECT_TRUE(flags.role_flags);
  EXPECT_EQ(line.rest(), (std::vector<std::string>{"prog", "--epochs", "3", "data"}));
  EXPECT_EQ(line.argv[static_cast<std::size_t>(line.argc)], nullptr);
}

TEST_F(FlagsTest, VariablesCountAndFlagsWinOverThem) {
  setenv("SHOAL_SERVERS", "3", 1);
  setenv("SHOAL_ROLE", "server", 1);
  setenv("SHOAL_PORT", "7000", 1);
  setenv("SHOAL_RESUME", "1", 1);
  CommandLine line({"prog", "--shoal-role", "worker"});
  const Flags flags = take_flags(line.argc, line.argv.data());
  EXPECT_EQ(flags.servers, 3);
  EXPECT_EQ(flags.role, "worker");
  EXPECT_EQ(flags.port, 7000);
  EXPECT_TRUE(flags.resume);
}

TEST_F(FlagsTest, TransportsAndAddresses) {
  for (const auto& [word, choice] : {std::pair{"shm", TransportChoice::shared_memory},
                                     {"unix", TransportChoice::unix_sockets},
                                     {"tcp", TransportChoice::tcp},
                                     {"auto", TransportChoice::automatic}}) {
    CommandLine line({"prog", "--shoal-transport", word, "--shoal-tls", "--shoal-interface=eth1", "x"});
    const Flags flags = take_flags(line.argc, line.argv.data());
    EXPECT_EQ(flags.transport, choice);
    EXPECT_TRUE(flags.tls);
    EXPECT_EQ(flags.address.interface, "eth1");
    EXPECT_EQ(line.rest(), (std::vector<std::string>{"prog", "x"}));
  }
  setenv("SHOAL_TLS", "1", 1);
  setenv("SHOAL_ADDRESS", "10.0.0.7", 1);
  setenv("SHOAL_INTERFACE", "eth0", 1);
  CommandLine line({"prog", "--shoal-interface", "10.1.0.0/16"});
  const Flags flags = take_flags(line.argc, line.argv.data());
  EXPECT_TRUE(flags.tls);
  EXPECT_EQ(flags.address.address, "10.0.0.7");
  EXPECT_EQ(flags.address.interface, "10.1.0.0/16");
}

TEST_F(FlagsTest, ServersMayStandInTheWorkersProcesses) {
  CommandLine line({"prog", "--shoal-servers=colocated"});
  EXPECT_EQ(take_flags(line.argc, line.argv.data()).servers, kColocated);
}

TEST_F(FlagsTest, TheServersApplyUnlessTheWorkersAreAskedTo) {
  CommandLine nothing({"prog"}), flag({"prog", "--shoal-update=server"});
  EXPECT_EQ(take_flags(nothing.argc, nothing.argv.data()).update, worker::Update::server);
  setenv("SHOAL_UPDATE", "worker", 1);
  EXPECT_EQ(take_flags(nothing.argc, nothing.argv.data()).update, worker::Update::worker);
  EXPECT_EQ(take_flags(flag.argc, flag.argv.data()).update, worker::Update::server);
}

TEST_F(FlagsTest, WithoutAnythingNothingIsSaid) {
  CommandLine line({"prog"});
  const Flags flags = take_flags(line.argc, line.argv.data());
  EXPECT_EQ(flags.servers, -1);
  EXPECT_TRUE(flags.role.empty());
  EXPECT_FALSE(flags.resume);
  EXPECT_FALSE(flags.role_flags);
}

TEST_F(FlagsTest, WhatFollowsTwoDashesIsTheProgramsOwn) {
  CommandLine line({"prog", "--", "--resume", "--shoal-servers"});
  EXPECT_FALSE(take_flags(line.argc, line.argv.data()).resume);
  EXPECT_EQ(line.argc, 4);
}

TEST_F(FlagsTest, BadOnesAreNamed) {
  for (const auto& [words, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"prog", "--shoal-servers", "two"}, "'two'"},
           {{"prog", "--shoal-servers", "-1"}, "'-1'"},
           {{"prog", "--shoal-servers"}, "a value must follow"},
           {{"prog", "--shoal-role", "boss"}, "'boss'"},
           {{"prog", "--shoal-port=70000"}, "70000"},
           {{"prog", "--shoal-transport", "pigeon"}, "'shm', 'unix' or 'tcp', received 'pigeon'"},
           {{"prog", "--shoal-update", "both"}, "'server' or 'worker', received 'both'"},
           {{"prog", "--shoal-sevrers", "1"}, "--shoal-sevrers: no such flag"}}) {
    CommandLine line(words);
    try {
      take_flags(line.argc, line.argv.data());
      ADD_FAILURE() << part;
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace shoal::launcher
