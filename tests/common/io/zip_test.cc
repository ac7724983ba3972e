#include "common/io/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/error.h"
#include "common/io/crc32.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::ElementsAre;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string make_archive(const Scratch& scratch) {
  std::string binary(5000, '\0');
  for (std::size_t i = 0; i < binary.size(); ++i) binary[i] = static_cast<char>(i * 7);
  ZipWriter writer(scratch / "a.zip");
  writer.add("config.json", R"({"a": 1})");
  writer.add("empty", "");
  writer.add_file("data.bin", scratch.file("data", binary));
  writer.close();
  return binary;
}

TEST(Zip, MembersComeBackAndAreStored) {
  const Scratch scratch;
  const std::string binary = make_archive(scratch);
  const ZipReader reader(scratch / "a.zip");
  EXPECT_THAT(reader.names(), ElementsAre("config.json", "empty", "data.bin"));
  EXPECT_EQ(reader.read("config.json", 100), R"({"a": 1})");
  EXPECT_EQ(reader.read("empty", 0), "");
  const TemporaryFile data = reader.extract("data.bin");
  EXPECT_EQ(content(data.path()), binary);
  EXPECT_NE(scratch.text("a.zip").find(binary), std::string::npos);  // stored: as it is
  EXPECT_TRUE(reader.has("empty"));
  EXPECT_THROW(reader.read("nothing", 100), IoError);
  EXPECT_THROW(reader.read("data.bin", 4999), IoError);
}

TEST(Zip, WithoutCloseNothingIsWritten) {
  const Scratch scratch;
  { ZipWriter(scratch / "a.zip").add("x", "text"); }
  EXPECT_EQ(scratch.entries(), 0u);
}

TEST(Zip, MissingForeignAndUnwritableFiles) {
  const Scratch scratch;
  EXPECT_THROW(ZipReader(scratch / "no.zip"), IoError);
  EXPECT_THROW(ZipReader(scratch.file("text.zip", "plain text")), IoError);
  EXPECT_THROW(
      {
        ZipWriter writer(scratch / "no/a.zip");
        writer.add("x", "text");
        writer.close();
      },
      IoError);
}

TEST(Zip, DamageInAMemberIsFound) {
  const Scratch scratch;
  const std::string binary = make_archive(scratch);
  const std::string whole = scratch.text("a.zip");
  std::string damaged = whole;
  damaged[whole.find(binary) + 2500] ^= 1;
  EXPECT_THROW(ZipReader(scratch.file("b.zip", damaged)).extract("data.bin"), IoError);
  for (std::size_t length = 0; length < whole.size(); length += 101) {
    const std::string path = scratch.file("cut.zip", whole.substr(0, length));
    EXPECT_THROW(ZipReader(path).extract("data.bin"), IoError) << length;
  }
}

TEST(TemporaryFile, IsGoneWithItsNameOrItsOwner) {
  std::string path;
  {
    TemporaryFile file;
    file.append("shoal", 5);
    path = file.path();
    EXPECT_EQ(content(path), "shoal");
    TemporaryFile moved(std::move(file));
    EXPECT_EQ(content(path), "shoal");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  TemporaryFile file;
  path = file.path();
  file.remove_name();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Crc32, KnownValuesInPieces) {
  Crc32 crc;
  EXPECT_EQ(crc.value(), 0u);
  crc.add("12345", 5);
  crc.add("6789", 4);
  EXPECT_EQ(crc.value(), 0xcbf43926u);  // the check value of the CRC catalogue
  const Scratch scratch;
  EXPECT_EQ(crc32_of_file(scratch.file("f", "xx123456789"), 2), 0xcbf43926u);
  EXPECT_THROW(crc32_of_file(scratch / "none"), IoError);
}

}  // namespace
}  // namespace shoal::io
