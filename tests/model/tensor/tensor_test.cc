#include "model/tensor/tensor.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/tensor/variable.h"

namespace shoal {
namespace {

TEST(ShapeTest, SymbolicRows) {
  const Shape shape{-2, 3, 4};
  EXPECT_TRUE(shape.has_rows());
  EXPECT_EQ(shape.with_rows(5), (Shape{10, 3, 4}));
  EXPECT_EQ(shape.elements_per_row(), 24);
  EXPECT_EQ(shape.to_string(), "(2*None, 3, 4)");
  EXPECT_EQ((Shape{kRows}).to_string(), "(None,)");
  EXPECT_THROW(shape.elements(), InternalError);
  EXPECT_EQ(shape[-1], 4);
  EXPECT_THROW(shape[3], ValueError);
}

TEST(ShapeTest, Broadcasting) {
  EXPECT_EQ(broadcast({2, 1, 3}, {4, 1}, "add"), (Shape{2, 4, 3}));
  EXPECT_EQ(broadcast({kRows, 3}, {3}, "add"), (Shape{kRows, 3}));
  EXPECT_EQ(broadcast({}, {2}, "add"), (Shape{2}));
  EXPECT_THROW(broadcast({2}, {3}, "add"), ValueError);
}

TEST(TensorTest, CopiesShareValuesAndClonesDoNot) {
  Tensor a(std::vector<float>{1, 2, 3, 4}, {2, 2});
  const Tensor shared = a, cloned = a.clone();
  a.mutable_data<float>()[0] = 9;
  EXPECT_EQ(shared.data<float>()[0], 9);
  EXPECT_EQ(cloned.data<float>()[0], 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.raw()) % 64, 0u);
}

TEST(TensorTest, ReadsAreChecked) {
  const Tensor a(std::vector<float>{1, 2}, {2});
  EXPECT_THROW(a.data<double>(), ValueError);
  EXPECT_THROW(a.item(), ValueError);
  EXPECT_THROW(a.slice(1, 3), ValueError);
  EXPECT_THROW((Tensor(std::vector<float>{1, 2}, {3})), ValueError);
  EXPECT_THROW(Tensor().shape(), InternalError);
  EXPECT_EQ(Tensor(2.5).item(), 2.5);
}

TEST(TensorTest, SlicesAndCasts) {
  const Tensor a(std::vector<double>{1.5, 2.5, -3.5, 4}, {4, 1});
  EXPECT_EQ(a.slice(1, 3).to_vector<double>(), (std::vector<double>{2.5, -3.5}));
  EXPECT_EQ(a.slice(2, 2).shape(), (Shape{0, 1}));
  EXPECT_EQ(a.astype(DType::kInt32).to_vector<int>(), (std::vector<int>{1, 2, -3, 4}));
}

TEST(VariableTest, AssignChecksAndConverts) {
  Variable v(Tensor(std::vector<float>{1, 2}, {2}), "v");
  v.assign(Tensor(std::vector<double>{3, 4}, {2}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{3, 4}));
  EXPECT_THROW(v.assign(Tensor(Shape{3}, DType::kFloat32)), ValueError);
  EXPECT_EQ(v.gradient(), nullptr);
}

TEST(ParameterSpaceTest, PacksVariablesIntoArenas) {
  std::vector<Variable> variables{Variable(Tensor(std::vector<float>(5, 1.f), {5}), "a"),
                                  Variable(Tensor(std::vector<float>(20, 2.f), {4, 5}), "b")};
  const ParameterSpace space(variables, heap_arena);
  EXPECT_EQ(space.elements(), 16u + 32u);
  EXPECT_EQ(space.entries()[1].offset, 16u);
  EXPECT_EQ(variables[1].index(), 1);
  EXPECT_EQ(variables[1].data(), space.weights().at(64));
  EXPECT_EQ(variables[1].gradient(), space.gradients().at(64));
  EXPECT_EQ(variables[0].value().to_vector<float>(), std::vector<float>(5, 1.f));
  EXPECT_EQ(reinterpret_cast<const float*>(space.weights().at(0))[5], 0);
  EXPECT_THROW(ParameterSpace({variables[0], Variable(Tensor(Shape{1}, DType::kFloat64), "c")}, heap_arena),
               ValueError);
}

}  // namespace
}  // namespace shoal
