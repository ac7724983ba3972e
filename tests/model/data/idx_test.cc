#include "model/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/common/io/damage.h"
#include "tests/common/io/scratch.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::string kMatrix("\0\0\x08\2\0\0\0\2\0\0\0\3\1\2\3\4\5\xff", 18);

TEST(Idx, ReadsRawAndPacked) {
  const Scratch scratch;
  scratch.file("a", kMatrix);
  ASSERT_EQ(std::system(("gzip -k '" + (scratch / "a") + "'").c_str()), 0);
  for (const std::string name : {"a", "a.gz"}) {
    const Tensor x = load_idx(scratch / name);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.dtype(), DType::kUInt8);
    EXPECT_THAT(x.to_vector<int>(), ElementsAre(1, 2, 3, 4, 5, 255));
  }
}

TEST(Idx, RefusesWhatItIsNot) {
  const Scratch scratch;
  EXPECT_THAT([&] { load_idx(scratch.file("t", "some text")); },
              ThrowsMessage<IoError>(HasSubstr("t: not an IDX file")));
  EXPECT_THAT([&] { load_idx(scratch.file("f", std::string("\0\0\x0d\1\0\0\0\0", 8))); },
              ThrowsMessage<IoError>(HasSubstr("received type 13")));
  EXPECT_THAT(
      [&] {
        load_idx(scratch.file(
            "h", std::string("\0\0\x08\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20)));
      },
      ThrowsMessage<IoError>(HasSubstr("larger than")));
  EXPECT_THAT([&] { load_idx(scratch.file("l", kMatrix + "x")); },
              ThrowsMessage<IoError>(HasSubstr("must be 6 bytes, received 7")));
  EXPECT_THROW(load_idx(scratch / "none"), IoError);
}

TEST(Idx, TellsDamage) {
  expect_damage_is_told(kMatrix, [](const std::string& path) { load_idx(path); });
}

}  // namespace
}  // namespace shoal
