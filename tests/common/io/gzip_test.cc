#include "common/io/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/error.h"
#include "tests/common/io/damage.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Packed by the program gzip.
std::string gzipped(const Scratch& scratch, const std::string& text) {
  const std::string path = scratch.file("plain", text);
  EXPECT_EQ(std::system(("gzip -9nc '" + path + "' > '" + path + ".gz'").c_str()), 0);
  return scratch.text("plain.gz");
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 60000; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Gzip, ReadsWhatGzipWrote) {
  const Scratch scratch;
  const std::string text = long_text();
  ASSERT_LT(gzipped(scratch, text).size(), text.size());
  EXPECT_EQ(read_gzip(scratch / "plain.gz", 1 << 30), text);
}

TEST(Gzip, ReadsPlainFilesAsTheyAre) {
  const Scratch scratch;
  EXPECT_EQ(read_gzip(scratch.file("a", "not packed"), 100), "not packed");
  EXPECT_EQ(read_gzip(scratch.file("empty", ""), 0), "");
}

TEST(Gzip, ReadsInPieces) {
  const Scratch scratch;
  gzipped(scratch, "0123456789");
  GzipReader reader(scratch / "plain.gz");
  std::string piece(4, ' ');
  EXPECT_EQ(reader.read(piece.data(), 4), 4u);
  EXPECT_EQ(piece, "0123");
  EXPECT_EQ(reader.read(piece.data(), 4), 4u);
  EXPECT_EQ(reader.read(piece.data(), 4), 2u);
  EXPECT_EQ(reader.read(piece.data(), 4), 0u);
}

TEST(Gzip, TellsDamage) {
  const Scratch scratch;
  const std::string packed = gzipped(scratch, "some text that is long enough to be packed, packed, packed");
  // Below 10 bytes there is not yet a gzip header: such a file may be a plain one.
  for (std::size_t length = 10; length < packed.size(); ++length)
    EXPECT_THROW(read_gzip(scratch.file("cut", packed.substr(0, length)), 1000), IoError) << length;
  expect_damage_is_told(
      packed, [](const std::string& path) { read_gzip(path, 1000); }, 0);
  std::string wrong = packed;
  wrong[wrong.size() - 8] ^= 1;  // the checksum
  EXPECT_THAT([&] { read_gzip(scratch.file("sum", wrong), 1000); },
              ThrowsMessage<IoError>(HasSubstr("sum: gzip data")));
}

TEST(Gzip, KeepsTheLimit) {
  const Scratch scratch;
  gzipped(scratch, std::string(100000, 'a'));
  EXPECT_THAT([&] { read_gzip(scratch / "plain.gz", 99999); },
              ThrowsMessage<IoError>(HasSubstr("99999 bytes allowed")));
  EXPECT_EQ(read_gzip(scratch / "plain.gz", 100000).size(), 100000u);
}

TEST(Gzip, NamesWhatIsNotThere) {
  const Scratch scratch;
  EXPECT_THAT([&] { read_gzip(scratch / "none", 1); }, ThrowsMessage<IoError>(HasSubstr("none: cannot be opened")));
  EXPECT_THAT([&] { read_gzip(scratch.path(), 1); }, ThrowsMessage<IoError>(HasSubstr("is a directory")));
}

}  // namespace
}  // namespace shoal::io
