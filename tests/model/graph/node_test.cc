#include "model/graph/node.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/graph/trace.h"
#include "model/ops/ops.h"

namespace shoal {
namespace {

using graph::Rows;

Tensor floats(const Shape& shape) { return Tensor(shape, DType::kFloat32); }

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Node, ShapesFollowKeras) {
  graph::Trace trace(true);
  const Tensor image = trace.input("image", {kRows, 8, 7, 3}, DType::kFloat32);
  EXPECT_EQ(ops::conv(image, floats({3, 2, 3, 5})).shape(), (Shape{kRows, 6, 6, 5}));
  EXPECT_EQ(ops::conv(image, floats({3, 3, 3, 5}), {2, 2}, "same").shape(), (Shape{kRows, 4, 4, 5}));
  EXPECT_EQ(ops::conv(image, floats({3, 3, 1, 6}), {}, "valid", {2, 3}).shape(), (Shape{kRows, 4, 1, 6}));
  EXPECT_EQ(ops::depthwise_conv(image, floats({3, 3, 3, 2})).shape(), (Shape{kRows, 6, 5, 6}));
  EXPECT_EQ(ops::conv_transpose(image, floats({2, 4, 5, 3}), {3, 2}).shape(), (Shape{kRows, 24, 16, 5}));
  EXPECT_EQ(ops::conv_transpose(image, floats({3, 3, 5, 3}), {2, 2}, "same", ops::Sizes{1, 0}).shape(),
            (Shape{kRows, 16, 13, 5}));
  EXPECT_EQ(ops::average_pool(image, {3, 2}).shape(), (Shape{kRows, 2, 3, 3}));
  EXPECT_EQ(ops::pad(image, {{0, 0}, {1, 2}, {-3, 0}, {0, -3}}).shape(), (Shape{kRows, 11, 4, 0}));
  EXPECT_EQ(ops::repeat(image, 3, -2).shape(), (Shape{kRows, 8, 21, 3}));
  EXPECT_EQ(ops::image::resize(image, {5, 9}).shape(), (Shape{kRows, 5, 9, 3}));
  EXPECT_EQ(ops::max_pool(image, {2, 2}, {2, 2}).shape(), (Shape{kRows, 4, 3, 3}));
  EXPECT_EQ(ops::max_pool(image, {2, 2}, {2, 2}, "same").shape(), (Shape{kRows, 4, 4, 3}));
  EXPECT_EQ(ops::reshape_rows(image, {-1}).shape(), (Shape{kRows, 168}));
  EXPECT_EQ(ops::reshape(image, Shape{-8, 21}).shape(), (Shape{-8, 21}));
  EXPECT_EQ(ops::matmul(image, floats({3, 9})).shape(), (Shape{kRows, 8, 7, 9}));
  EXPECT_EQ(ops::sum(image, {1, -1}).shape(), (Shape{kRows, 7}));
  EXPECT_EQ(ops::mean(image).shape(), Shape{});
  EXPECT_EQ(ops::argmax(image).shape(), (Shape{kRows, 8, 7}));
  EXPECT_EQ(ops::argmax(image).dtype(), DType::kInt64);
  EXPECT_EQ(ops::transpose(image, {0, 3, 1, 2}).shape(), (Shape{kRows, 3, 8, 7}));
  EXPECT_EQ(ops::expand_dims(image, -1).shape(), (Shape{kRows, 8, 7, 3, 1}));
  EXPECT_EQ(ops::squeeze(ops::expand_dims(image, 1), 1).shape(), image.shape());
  EXPECT_EQ((image + floats({7, 1})).shape(), image.shape());
  EXPECT_EQ(ops::equal(image, 1.0).dtype(), DType::kBool);
  EXPECT_EQ(ops::one_hot(ops::argmax(image), 4).shape(), (Shape{kRows, 8, 7, 4}));
}

TEST(Node, RowsAreClassified) {
  graph::Trace trace(true);
  const Tensor x = trace.input("x", {kRows, 4}, DType::kFloat32), w = floats({4, 5});
  const auto rows = [](const Tensor& tensor) { return graph::rows_of(*tensor.node()); };
  EXPECT_EQ(rows(ops::matmul(x, w)), Rows::kRowWise);
  EXPECT_EQ(rows(ops::matmul(x, ops::matmul(x, w), true)), Rows::kSumsRows);
  EXPECT_EQ(rows(ops::sum(x)), Rows::kSumsRows);
  EXPECT_EQ(rows(ops::sum(x, {1})), Rows::kRowWise);
  EXPECT_EQ(rows(ops::max(x, {0})), Rows::kWhole);
  EXPECT_EQ(rows(ops::max(x, {1})), Rows::kRowWise);
  EXPECT_EQ(rows(ops::matmul(floats({3, 4}), w)), Rows::kWhole);
  EXPECT_EQ(rows(ops::zeros_like(x)), Rows::kRowWise);
}

TEST(Node, ErrorsNameOperationRuleAndShapes) {
  graph::Trace trace(true);
  const Tensor x = trace.input("x", {kRows, 4}, DType::kFloat32);
  EXPECT_EQ(error_of([&] {
              return ops::matmul(x, floats({5, 4}));
            }),
            "matmul: inner sizes must agree, received shapes (None, 4) and (5, 4)");
  EXPECT_EQ(error_of([&] { return ops::add(x, Tensor(Shape{4}, DType::kFloat64)); }),
            "add: operands must have one dtype, received float32 and float64 (use ops::cast)");
  EXPECT_EQ(error_of([&] { return ops::reshape_rows(x, {3}); }),
            "reshape: a tensor of shape (None, 4) cannot get shape (None, 3)");
  EXPECT_EQ(error_of([&] {
              return ops::conv(x, floats({3, 3, 1, 1}));
            }),
            "conv2d: the input must be (rows, height, width, channels), received shape (None, 4)");
  EXPECT_EQ(error_of([&] { return ops::transpose(x); }),
            "transpose: the rows of the batch must stay the first axis of shape (None, 4)");
  EXPECT_NE(error_of([&] { return ops::add(x, floats({3})); }).find("cannot be broadcast"), std::string::npos);
  EXPECT_NE(error_of([&] { return ops::add(ops::sum(x, {1}), floats({5, 1})); }).find("first axis"), std::string::npos);
  EXPECT_NE(error_of([&] { return ops::add(x, floats({3, 4})); }), "no error");
  EXPECT_NE(error_of([&] { return ops::dropout(x, 1.0, 1); }).find("rate must be in [0, 1), received 1"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::conv(floats({1, 2, 2, 1}), floats({3, 3, 1, 1}));
            }).find("does not fit"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::conv(floats({1, 4, 4, 6}), floats({3, 3, 2, 4}));
            }).find("3 groups must divide"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::conv(floats({1, 4, 4, 6}), floats({3, 3, 4, 4}));
            }).find("has 6 channels, the kernel of shape (3, 3, 4, 4) wants 4"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::conv(floats({1, 9, 2}), floats({3, 2, 4}), {1, 2});
            }).find("one number for each spatial axis, received 2"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::conv_transpose(floats({1, 9, 2}), floats({3, 4, 2}), {2}, "same", ops::Sizes{2});
            }).find("less than the stride 2, received 2"),
            std::string::npos);
  EXPECT_NE(error_of([&] { return ops::pad(x, {{1, 0}, {0, 0}}); }).find("no rows can be added"), std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::pad(x, {{0, 0}, {-3, -2}});
            }).find("does not have the cells that widths (-3, -2) cut off"),
            std::string::npos);
  EXPECT_NE(error_of([&] { return ops::repeat(x, 2, 0); }).find("rows"), std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::max_pool(floats({1, 2, 2, 1}), {0, 1}, {1, 1});
            }).find("positive"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::max_pool(floats({1, 2, 2, 1}), {1, 1}, {1, 1}, "full");
            }).find("'full'"),
            std::string::npos);
  EXPECT_NE(error_of([&] { return ops::sum(x, {2}); }).find("axis 2"), std::string::npos);
  EXPECT_NE(error_of([&] { return ops::sum(x, {0, -2}); }).find("named twice"), std::string::npos);
  EXPECT_NE(error_of([&] { return ops::exp(Tensor()); }).find("undefined"), std::string::npos);
  EXPECT_NE(error_of([&] { return ops::sparse_categorical_crossentropy(x, x); }).find("labels"), std::string::npos);
  EXPECT_NE(error_of([&] {
              return ops::categorical_crossentropy(floats({2, 4}), x);
            }).find("one shape"),
            std::string::npos);
}

TEST(Node, ScalarsTakeTheOtherOperandsDtype) {
  const Tensor d(Shape{2}, DType::kFloat64);
  EXPECT_EQ((d * 0.1).dtype(), DType::kFloat64);
  // and keep all their digits
  EXPECT_EQ((d * 0.1).node()->inputs[1]->constant.item(), 0.1);
  EXPECT_EQ((1.0 - Tensor(Shape{2}, DType::kInt32)).dtype(), DType::kInt32);
}

TEST(Node, ScopesNest) {
  const graph::Scope outer("block");
  const Tensor x = floats({1});
  EXPECT_EQ((x + x).node()->scope, "block");
  {
    const graph::Scope inner("dense");
    EXPECT_EQ((x + x).node()->scope, "block/dense");
    const graph::Scope whole(graph::Scope::Whole{}, "conv");
    EXPECT_EQ((x + x).node()->scope, "conv");
  }
  EXPECT_EQ(graph::current_scope(), "block");
}

TEST(Trace, ReadsAreOneNodeAndSeeAssignments) {
  Variable v(floats({2}), "v");
  EXPECT_EQ(graph::Trace::current(), nullptr);
  graph::Trace trace(true);
  EXPECT_EQ(graph::Trace::current(), &trace);
  const Tensor before = graph::read(v);
  EXPECT_EQ(graph::read(v).node(), before.node());
  const Tensor next = before + 1.0;
  trace.add_assign(v, next);
  EXPECT_EQ(graph::read(v).node(), next.node());
  {
    graph::Trace inner(false);
    EXPECT_NE(graph::read(v).node(), next.node());
  }
  EXPECT_EQ(graph::Trace::current(), &trace);
  EXPECT_THROW(trace.add_assign(v, floats({3})), ValueError);
  EXPECT_THROW(trace.add_gradient(v, Tensor(Shape{2}, DType::kFloat64)), ValueError);
  EXPECT_THROW(trace.input("x", {2, kRows}, DType::kFloat32), ValueError);
}

TEST(Trace, TheMeanOverRowsUsesTheGlobalBatch) {
  graph::Trace trace(true);
  const Tensor x = trace.input("x", {kRows, 4}, DType::kFloat32);
  const auto uses_inverse = [&](const Tensor& tensor) {
    for (const auto& input : tensor.node()->inputs)
      if (input == trace.inverse_rows(DType::kFloat32).node()) return true;
    return false;
  };
  EXPECT_TRUE(uses_inverse(ops::mean(x, {0})));
  EXPECT_FALSE(uses_inverse(ops::mean(x, {1})));
}

}  // namespace
}  // namespace shoal
