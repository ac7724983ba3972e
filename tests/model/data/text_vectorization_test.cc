#include "model/data/text_vectorization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"

namespace shoal::preprocessing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(TextVectorization, SplitsAsKerasDoes) {
  EXPECT_THAT(TextVectorization::words("  It's a_B; (c)\td-e\n\nÉté! "), ElementsAre("its", "ab", "c", "de", "Été"));
  EXPECT_TRUE(TextVectorization::words(" .,\n").empty());
}

TEST(TextVectorization, RanksByFrequencyAndEqualsFromTheEndOfTheAlphabet) {
  TextVectorization layer;
  layer.adapt({"b a b", "c a B", "d"});
  EXPECT_THAT(layer.vocabulary(), ElementsAre("", "[UNK]", "b", "a", "d", "c"));
  const Tensor ids = layer({"a b x", "d"});
  EXPECT_EQ(ids.shape(), (Shape{2, 3}));
  EXPECT_EQ(ids.dtype(), DType::kInt64);
  EXPECT_THAT(ids.to_vector<int>(), ElementsAre(3, 2, 1, 4, 0, 0));
}

TEST(TextVectorization, KeepsToItsLimits) {
  TextVectorization layer({.max_tokens = 4, .output_sequence_length = 2});
  layer.adapt({"b a b c a b"});
  EXPECT_THAT(layer.vocabulary(), ElementsAre("", "[UNK]", "b", "a"));
  EXPECT_THAT(layer({"c b a", "", "b"}).to_vector<int>(), ElementsAre(1, 2, 0, 0, 2, 0));
}

TEST(TextVectorization, RefusesWhatCannotBe) {
  EXPECT_THAT([] { TextVectorization({.max_tokens = 2}); }, ThrowsMessage<ValueError>(HasSubstr("received 2")));
  EXPECT_THAT([] { TextVectorization({.output_sequence_length = -1}); },
              ThrowsMessage<ValueError>(HasSubstr("received -1")));
  EXPECT_THAT([] { TextVectorization()({"a"}); }, ThrowsMessage<ValueError>(HasSubstr("adapt")));
}

}  // namespace
}  // namespace shoal::preprocessing
