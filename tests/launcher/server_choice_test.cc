#include "launcher/server_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace shoal::launcher {
namespace {

using ::testing::HasSubstr;

std::vector<HostSlots> hosts(int count, int slots) {
  return std::vector<HostSlots>(static_cast<std::size_t>(count), HostSlots{"host", slots});
}

TEST(ServerChoiceTest, ServersStandWithWorkersUnlessFreeHostsMakeAStepCheaper) {
  EXPECT_EQ(choose_servers(2, {}).dedicated, 0);
  EXPECT_EQ(choose_servers(8, hosts(2, 4)).dedicated, 0);    // no host is free
  EXPECT_EQ(choose_servers(8, hosts(3, 4)).dedicated, 0);    // one server for two hosts of workers: twice, not once
  EXPECT_EQ(choose_servers(8, hosts(4, 4)).dedicated, 0);    // once either way
  EXPECT_EQ(choose_servers(16, hosts(8, 4)).dedicated, 16);  // once instead of one and a half times
  EXPECT_EQ(choose_servers(16, hosts(7, 4)).dedicated, 12);  // 4 / 3
  EXPECT_EQ(choose_servers(16, hosts(6, 4)).dedicated, 0);   // 4 / 2
  EXPECT_EQ(choose_servers(4, hosts(30, 1)).dedicated, 4);   // more than workers' hosts are of no use
  EXPECT_THAT(choose_servers(16, hosts(7, 4)).why, HasSubstr("1.33 times over a host's network, 1.50 times with"));
}

TEST(ServerChoiceTest, SaysWhatItCannotKnow) {
  EXPECT_THAT(choose_servers(16, hosts(8, 0)).why, HasSubstr("slots=N"));
  EXPECT_THAT(choose_servers(15, hosts(8, 4)).why, HasSubstr("do not fill"));
}

TEST(ServerChoiceTest, ReadsHostfiles) {
  const auto path = std::filesystem::temp_directory_path() / ("shoal_hostfile_" + std::to_string(::getpid()));
  std::ofstream(path) << "# hosts\none slots=4\n\ntwo max_slots=9 slots=2 # half\nthree\n";
  const auto read = read_hostfile(path);
  std::filesystem::remove(path);
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].name, "one");
  EXPECT_EQ(read[0].slots, 4);
  EXPECT_EQ(read[1].slots, 2);
  EXPECT_EQ(read[2].slots, 0);
}

}  // namespace
}  // namespace shoal::launcher
