#include "model/data/to_categorical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"

namespace shoal::utils {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor labels(const std::vector<std::int64_t>& values, Shape shape) { return Tensor(values, std::move(shape)); }

TEST(ToCategorical, PutsAOneInEachRow) {
  const Tensor y = to_categorical(labels({2, 0, 1}, {3}), 4);
  EXPECT_EQ(y.shape(), (Shape{3, 4}));
  EXPECT_EQ(y.dtype(), DType::kFloat32);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0));
}

TEST(ToCategorical, CountsClassesItself) { EXPECT_EQ(to_categorical(labels({2, 0}, {2})).shape(), (Shape{2, 3})); }

TEST(ToCategorical, TakesColumnsAndGrids) {
  EXPECT_EQ(to_categorical(labels({1, 0}, {2, 1}), 3).shape(), (Shape{2, 3}));
  const Tensor grid = to_categorical(labels({1, 0, 0, 1}, {2, 2}), 2);
  EXPECT_EQ(grid.shape(), (Shape{2, 2, 2}));
  EXPECT_THAT(grid.to_vector<float>(), ElementsAre(0, 1, 1, 0, 1, 0, 0, 1));
}

TEST(ToCategorical, TakesEveryDtype) {
  for (const DType dtype : {DType::kUInt8, DType::kInt32, DType::kFloat32, DType::kFloat64})
    EXPECT_THAT(to_categorical(labels({1}, {1}).astype(dtype), 2).to_vector<float>(), ElementsAre(0, 1));
}

TEST(ToCategorical, FollowsFloatx) {
  set_floatx(DType::kFloat64);
  EXPECT_EQ(to_categorical(labels({1}, {1}), 2).dtype(), DType::kFloat64);
  set_floatx(DType::kFloat32);
}

TEST(ToCategorical, RefusesWhatIsNoClass) {
  EXPECT_THAT(
      [] {
        to_categorical(labels({0, 3}, {2}), 3);
      },
      ThrowsMessage<ValueError>(HasSubstr("below 3, received 3")));
  EXPECT_THAT([] { to_categorical(labels({-1}, {1}), 3); }, ThrowsMessage<ValueError>(HasSubstr("received -1")));
  EXPECT_THAT([] { to_categorical(Tensor(std::vector<float>{0.5f}, {1}), 3); },
              ThrowsMessage<ValueError>(HasSubstr("received 0.5")));
  EXPECT_THROW(to_categorical(Tensor(std::vector<float>{NAN}, {1})), ValueError);
  EXPECT_THROW(to_categorical(Tensor(), 3), ValueError);
  EXPECT_THROW(to_categorical(labels({0}, {1}), -1), ValueError);
}

}  // namespace
}  // namespace shoal::utils
