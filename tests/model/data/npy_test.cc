#include "model/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/common/io/scratch.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

TEST(NpyTensor, RoundTripOfEveryDtype) {
  const Scratch scratch;
  const Tensor x(std::vector<double>{0, 1, 2, 3, 4, 5}, {3, 2});
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
    save_npy(scratch / "a.npy", x.astype(dtype));
    const Tensor back = load_npy(scratch / "a.npy");
    EXPECT_EQ(back.dtype(), dtype);
    EXPECT_EQ(back.shape(), (Shape{3, 2}));
    EXPECT_EQ(back.to_vector<double>(), x.astype(dtype).to_vector<double>());
  }
}

TEST(NpyTensor, EmptyAndScalar) {
  const Scratch scratch;
  save_npy(scratch / "a.npy", Tensor(Shape{0, 4}, DType::kFloat32));
  EXPECT_EQ(load_npy(scratch / "a.npy").shape(), (Shape{0, 4}));
  save_npy(scratch / "a.npy", Tensor(std::vector<float>{2.5f}, Shape{}));
  EXPECT_EQ(load_npy(scratch / "a.npy").item(), 2.5);
}

TEST(NpyTensor, ArchivesKeepNames) {
  const Scratch scratch;
  save_npz(scratch / "a.npz",
           {{"x_train", Tensor(std::vector<float>{1, 2}, {2})}, {"y", Tensor(std::vector<std::int64_t>{7}, {1})}});
  const auto tensors = load_npz(scratch / "a.npz");
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_THAT(tensors.at("x_train").to_vector<float>(), ElementsAre(1, 2));
  EXPECT_EQ(tensors.at("y").dtype(), DType::kInt64);
  EXPECT_THROW(load_npz(scratch / "none.npz"), IoError);
  EXPECT_THROW(load_npy(scratch / "none.npy"), IoError);
}

}  // namespace
}  // namespace shoal
