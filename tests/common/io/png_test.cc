#include "common/io/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/common/io/damage.h"
#include "tests/common/io/hex.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Put together from their chunks by hand, with Python's zlib.
const std::string kRgb = from_hex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000001c4944415478da636060e7139551d632b460b077f3"
    "0d894eca2c2807001b8f04302eaea78f0000000049454e44ae426082");
const std::string kGray = from_hex(
    "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000000e4944415478da6360f8cfd0c00e00050901870c9e"
    "965e0000000049454e44ae426082");
const std::string kRgba = from_hex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da636064626601000019000b380454"
    "b40000000049454e44ae426082");
const std::string kGray16 = from_hex(
    "89504e470d0a1a0a0000000d49484452000000010000000110000000006aee47160000000b4944415478da636064020000070004e5ed94cf00"
    "00000049454e44ae426082");

TEST(Png, ReadsRgb) {
  const Scratch scratch;
  const Image image = read_png(scratch.file("a.png", kRgb));
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.channels, 3);
  EXPECT_THAT(image.pixels, ElementsAre(0, 7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 112, 119));
}

TEST(Png, ReadsGray) {
  const Scratch scratch;
  const Image image = read_png(scratch.file("a.png", kGray));
  EXPECT_EQ(image.channels, 1);
  EXPECT_THAT(image.pixels, ElementsAre(0, 255, 128, 7));
}

TEST(Png, RefusesOtherKinds) {
  const Scratch scratch;
  EXPECT_THAT([&] { read_png(scratch.file("alpha.png", kRgba)); },
              ThrowsMessage<IoError>(HasSubstr("alpha.png: only 8-bit gray and RGB")));
  EXPECT_THAT([&] { read_png(scratch.file("deep.png", kGray16)); }, ThrowsMessage<IoError>(HasSubstr("deep.png")));
  EXPECT_THROW(read_png(scratch / "none.png"), IoError);
}

TEST(Png, TellsDamage) {
  expect_damage_is_told(kRgb, [](const std::string& path) { read_png(path); });
  expect_damage_is_told(kGray, [](const std::string& path) { read_png(path); });
}

TEST(Png, AllocatesNothingForAnImpossibleSize) {
  const Scratch scratch;
  EXPECT_THAT([&] { read_png(scratch.file("a.png", kRgb), 17); },
              ThrowsMessage<IoError>(HasSubstr("17 bytes allowed")));
  // 20,000 x 10,000 RGB in 85 bytes, with the header's checksum made right.
  const std::string huge =
      from_hex("89504e470d0a1a0a0000000d4948445200004e200000271008020000007646dff5") + kRgb.substr(33);
  EXPECT_THAT([&] { read_png(scratch.file("huge.png", huge)); }, ThrowsMessage<IoError>(HasSubstr("ends early")));
}

}  // namespace
}  // namespace shoal::io
