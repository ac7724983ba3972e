#include "common/io/tar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/error.h"
#include "tests/common/io/damage.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Written by the program tar.
std::string archive(const Scratch& scratch, const std::string& options, const std::string& name) {
  std::filesystem::create_directories(scratch / "package/data");
  scratch.file("package/a.txt", "first");
  scratch.file("package/data/big", std::string(700, 'b') + "end");
  scratch.file("package/empty", "");
  const std::string command = "tar -C '" + scratch.path() + "' " + options + " -cf '" + (scratch / name) + "' package";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return scratch / name;
}

TEST(Tar, ExtractsNamedMembersOfEveryFormat) {
  for (const std::string options : {"--format=ustar", "--format=gnu", "--format=pax", "--format=v7", "-z"}) {
    const Scratch scratch, out;
    const std::string path = archive(scratch, options, "a.tar");
    extract_tar_members(path, {"package/data/big", "package/a.txt", "package/empty"}, out.path());
    EXPECT_EQ(out.text("a.txt"), "first") << options;
    EXPECT_EQ(out.text("big"), std::string(700, 'b') + "end") << options;
    EXPECT_EQ(out.text("empty"), "") << options;
    EXPECT_EQ(out.entries(), 3u) << options;
  }
}

TEST(Tar, JoinsThePrefixOfLongNames) {
  const Scratch scratch, out;
  const std::string folder = std::string(90, 'f');
  std::filesystem::create_directories(scratch / folder);
  scratch.file(folder + "/" + std::string(50, 'n'), "long");
  const std::string command =
      "tar -C '" + scratch.path() + "' --format=ustar -cf '" + (scratch / "a.tar") + "' " + folder;
  ASSERT_EQ(std::system(command.c_str()), 0);
  extract_tar_members(scratch / "a.tar", {folder + "/" + std::string(50, 'n')}, out.path());
  EXPECT_EQ(out.text(std::string(50, 'n')), "long");
}

TEST(Tar, NamesTheMissingMember) {
  const Scratch scratch, out;
  const std::string path = archive(scratch, "-z", "a.tgz");
  EXPECT_THAT(
      [&] {
        extract_tar_members(path, {"package/a.txt", "package/none"}, out.path());
      },
      ThrowsMessage<IoError>(HasSubstr("a.tgz: archive has no member 'package/none'")));
  EXPECT_THROW(extract_tar_members(path, {"package/data"}, out.path()), IoError);  // a directory is no file
}

TEST(Tar, WritesNothingOfAMemberCutShort) {
  const Scratch scratch, out;
  archive(scratch, "--format=ustar", "a.tar");
  const std::string whole = scratch.text("a.tar");
  const std::string cut = scratch.file("cut.tar", whole.substr(0, whole.find("bbbb") + 300));
  EXPECT_THAT([&] { extract_tar_members(cut, {"package/data/big"}, out.path()); },
              ThrowsMessage<IoError>(HasSubstr("cut.tar: tar archive ends inside")));
  EXPECT_EQ(out.entries(), 0u);
}

TEST(Tar, TellsDamage) {
  const Scratch scratch, out;
  scratch.file("only", "x");
  ASSERT_EQ(std::system(("cd '" + scratch.path() + "' && tar --format=ustar -b1 -cf a.tar only").c_str()), 0);
  const std::string sound = scratch.text("a.tar").substr(0, 1024);
  expect_damage_is_told(
      sound, [&](const std::string& path) { extract_tar_members(path, {"only"}, out.path()); }, std::string::npos, 13);
  EXPECT_THAT([&] { extract_tar_members(scratch.file("text", std::string(600, 't')), {"only"}, out.path()); },
              ThrowsMessage<IoError>(HasSubstr("text: not a tar archive")));
}

}  // namespace
}  // namespace shoal::io
