#include "model/autograd/gradients.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/plan/plan.h"
#include "tests/model/autograd/differences.h"

namespace shoal {
namespace {

using testing::Function;
using testing::gradient_error;
using testing::integers;
using testing::numbers;
using Inputs = std::vector<Tensor>;

struct Case {
  const char* name;
  Inputs inputs;
  Function function;
};

// Every way to store the operands of the products of 2 x 3 pairs of matrices, 4 x 5 and 5 x 2.
std::vector<Case> batch_matmul_cases() {
  static const char* const kNames[] = {"batch_matmul:0", "batch_matmul:1", "batch_matmul:2", "batch_matmul:3",
                                       "batch_matmul:4", "batch_matmul:5", "batch_matmul:6", "batch_matmul:7"};
  std::vector<Case> result;
  for (int way = 0; way < 32; ++way) {
    const graph::BatchMatmulAttributes how{(way & 1) != 0, (way & 2) != 0, (way & 4) != 0, (way & 8) != 0,
                                           (way & 16) != 0};
    const auto stored = [](std::int64_t rows, std::int64_t columns, bool transposed, bool heads) {
      if (transposed) std::swap(rows, columns);
      return heads ? Shape{2, rows, 3, columns} : Shape{2, 3, rows, columns};
    };
    result.push_back({kNames[way % 8],
                      {numbers(stored(4, 5, how.transpose_a, how.heads_a), -1, 1, 1),
                       numbers(stored(5, 2, how.transpose_b, how.heads_b), -1, 1, 2)},
                      [how](const Inputs& x) {
                        return graph::make("batch_matmul", {x[0], x[1]}, how);
                      }});
  }
  return result;
}

// Two rows, three query steps, two heads of size 3, four keys; masks of each shape, a query that sees nothing included.
std::vector<Case> attention_cases() {
  const Tensor query = numbers({2, 3, 2, 3}, -1, 1, 1), key = numbers({2, 4, 2, 3}, -1, 1, 2);
  const Tensor weights = numbers({2, 2, 3, 4}, 0, 1, 3), dweights = numbers({2, 2, 3, 4}, -1, 1, 4);
  const Tensor pairs = ops::less(numbers({2, 1, 3, 4}, -1, 1, 5), Tensor(0.3));
  const Tensor blind = ops::logical_and(pairs, ops::less(ops::reshape(integers({0, 1, 0}), {1, 1, 3, 1}), 1));
  const Tensor keys = ops::less(ops::reshape(integers({0, 1, 0, 0}), {1, 1, 1, 4}), 1);
  std::vector<Case> result;
  for (const Tensor& mask : {Tensor(), pairs, blind, keys})
    for (const bool drops : {false, true}) {
      const ops::AttentionWeightsOptions options{.scale = 0.7, .mask = mask, .drops = drops};
      result.push_back({"attention_weights", {query, key}, [options](const Inputs& x) {
                          return ops::attention_weights(x[0], x[1], options);
                        }});
      result.push_back({"attention_gradient", {weights, dweights}, [mask, drops](const Inputs& x) {
                          Inputs all = x;
                          if (mask.defined()) all.push_back(mask);
                          return graph::make("attention_gradient", all, graph::AttentionAttributes{0.7, false, drops});
                        }});
    }
  return result;
}

graph::WindowAttributes window(const Shape& input) {
  return {.size = {3, 2}, .strides = {2, 1}, .pad_before = {1, 0}, .pad_after = {1, 1}, .input_shape = input};
}

// One row for each operation with a gradient rule, named by the operation (a suffix behind ':' tells variants apart).
std::vector<Case> cases() {
  const Tensor a = numbers({3, 4}, -2, 2, 1), b = numbers({3, 4}, 0.5, 2, 2), row = numbers({4}, -1, 1, 3);
  const Tensor column = numbers({3, 1}, 0.5, 1, 4), positive = numbers({3, 4}, 0.2, 3, 5);
  const Tensor image = numbers({2, 5, 4, 3}, -1, 1, 6), kernel = numbers({3, 2, 3, 2}, -1, 1, 7);
  const Tensor dy = numbers({2, 3, 4, 2}, -1, 1, 8), labels = integers({0, 3, 1});
  const Tensor target = numbers({3, 4}, 0, 1, 9), dloss = numbers({3}, 0.5, 1, 10);
  std::vector<Case> result{
      {"add", {a, row}, [](const Inputs& x) { return x[0] + x[1]; }},
      {"add:column", {column, row}, [](const Inputs& x) { return x[0] + x[1]; }},
      {"subtract", {row, a}, [](const Inputs& x) { return x[0] - x[1]; }},
      {"multiply", {a, column}, [](const Inputs& x) { return x[0] * x[1]; }},
      {"multiply:same", {a}, [](const Inputs& x) { return x[0] * x[0]; }},
      {"divide", {row, b}, [](const Inputs& x) { return x[0] / x[1]; }},
      {"power", {positive, b}, [](const Inputs& x) { return ops::power(x[0], x[1]); }},
      {"maximum", {a, b}, [](const Inputs& x) { return ops::maximum(x[0], x[1]); }},
      {"minimum", {a, row}, [](const Inputs& x) { return ops::minimum(x[0], x[1]); }},
      {"minimum:clip", {a}, [](const Inputs& x) { return ops::clip(x[0], -0.7, 0.9); }},
      {"where", {a, row}, [a](const Inputs& x) { return ops::where(ops::greater(a, 0.1), x[0], x[1]); }},
      {"take_rows",
       {image},
       [](const Inputs& x) {
         return ops::take(x[0], integers({1, 0, 1}));
       }},
      {"add_rows",
       {numbers({4, 2, 3}, -1, 1, 11)},
       [](const Inputs& x) {
         return graph::make("add_rows", {integers({2, 0, 2, 4}), x[0]}, graph::GatherAttributes{"t", Shape{5, 2, 3}});
       }},
      {"negative", {a}, [](const Inputs& x) { return -x[0]; }},
      {"abs", {a}, [](const Inputs& x) { return ops::abs(x[0]); }},
      {"sign", {a}, [](const Inputs& x) { return ops::sign(x[0]); }},
      {"square", {a}, [](const Inputs& x) { return ops::square(x[0]); }},
      {"relu", {a}, [](const Inputs& x) { return ops::relu(x[0]); }},
      {"relu_gradient",
       {b},
       [a](const Inputs& x) {
         return graph::make("relu_gradient", {a, x[0]});
       }},
      {"exp", {a}, [](const Inputs& x) { return ops::exp(x[0]); }},
      {"log", {positive}, [](const Inputs& x) { return ops::log(x[0]); }},
      {"sqrt", {positive}, [](const Inputs& x) { return ops::sqrt(x[0]); }},
      {"tanh", {a}, [](const Inputs& x) { return ops::tanh(x[0]); }},
      {"sigmoid", {a}, [](const Inputs& x) { return ops::sigmoid(x[0]); }},
      {"softplus", {a}, [](const Inputs& x) { return ops::softplus(x[0]); }},
      {"cast",
       {a},
       [](const Inputs& x) { return graph::make("cast", {x[0]}, graph::CastAttributes{DType::kFloat64}); }},
      {"sum", {a}, [](const Inputs& x) { return ops::sum(x[0], {0}); }},
      {"sum:kept",
       {image},
       [](const Inputs& x) {
         return ops::sum(x[0], {1, 3}, true);
       }},
      {"sum:mean",
       {image},
       [](const Inputs& x) {
         return ops::mean(x[0], {0, 2});
       }},
      {"max",
       {image},
       [](const Inputs& x) {
         return ops::max(x[0], {1, 2});
       }},
      {"max:kept", {a}, [](const Inputs& x) { return ops::max(x[0], {0}, true); }},
      {"reshape",
       {image},
       [](const Inputs& x) {
         return ops::reshape(x[0], {6, -1});
       }},
      {"broadcast_to",
       {column},
       [](const Inputs& x) {
         return ops::broadcast_to(x[0], {2, 3, 4});
       }},
      {"transpose",
       {image},
       [](const Inputs& x) {
         return ops::transpose(x[0], {2, 0, 3, 1});
       }},
      {"log1p", {positive}, [](const Inputs& x) { return ops::log1p(x[0]); }},
      {"expm1", {a}, [](const Inputs& x) { return ops::expm1(x[0]); }},
      {"erf", {a}, [](const Inputs& x) { return ops::erf(x[0]); }},
      {"sin", {a}, [](const Inputs& x) { return ops::sin(x[0]); }},
      {"cos", {a}, [](const Inputs& x) { return ops::cos(x[0]); }},
      {"floor", {a}, [](const Inputs& x) { return ops::floor(x[0]) + ops::square(x[0]); }},
      {"rsqrt", {positive}, [](const Inputs& x) { return ops::rsqrt(x[0]); }},
      {"sum:var",
       {image},
       [](const Inputs& x) {
         return ops::var(x[0], {0, 2});
       }},
      {"max:min", {a}, [](const Inputs& x) { return ops::min(x[0], {1}); }},
      {"concatenate",
       {image, numbers({2, 5, 2, 3}), numbers({2, 5, 1, 3}), numbers({2, 5, 3, 3}, -1, 1, 11),
        numbers({2, 5, 4, 3}, 0, 1, 12)},
       [](const Inputs& x) { return ops::concatenate(x, 2); }},
      {"concatenate:stack",
       {a, b},
       [](const Inputs& x) {
         return ops::stack({x[0], x[1], x[0]}, -1);
       }},
      {"slice",
       {image},
       [](const Inputs& x) {
         return ops::slice(x[0], {0, 1, 2, 0}, {2, 3, -1, 2});
       }},
      {"slice:step", {image}, [](const Inputs& x) { return ops::slice_axis(x[0], 1, 1, 5, 3); }},
      {"slice:flip", {image}, [](const Inputs& x) { return ops::flip(x[0], -2); }},
      {"unslice",
       {image},
       [](const Inputs& x) {
         return graph::make("unslice", {x[0]}, graph::SliceAttributes{{0, 9, 2, 0}, {1, -2, 1, 1}, {2, 10, 7, 3}});
       }},
      {"reshape:tile",
       {a},
       [](const Inputs& x) {
         return ops::tile(ops::repeat(x[0], 3, 0), {1, 2});
       }},
      {"batch_matmul:broadcast",
       {numbers({2, 1, 4, 3}), numbers({5, 3, 2})},
       [](const Inputs& x) { return ops::matmul(x[0], x[1]); }},
      {"batch_matmul:vector",
       {numbers({3}), numbers({5, 3, 2})},
       [](const Inputs& x) { return ops::matmul(x[0], x[1]); }},
      {"softmax", {a}, [](const Inputs& x) { return ops::softmax(x[0]); }},
      {"softmax:axis", {a}, [](const Inputs& x) { return ops::softmax(x[0], 0); }},
      {"softmax:log", {a}, [](const Inputs& x) { return ops::log_softmax(x[0]); }},
      {"softmax_gradient",
       {a, b},
       [](const Inputs& x) {
         return graph::make("softmax_gradient", {x[0], x[1]});
       }},
      {"layer_norm",
       {image, numbers({3}), numbers({3})},
       [](const Inputs& x) { return ops::layer_normalization(x[0], x[1], x[2], {-1}, 1e-3); }},
      {"layer_norm:axes",
       {image, numbers({5, 4})},
       [](const Inputs& x) {
         return ops::layer_normalization(x[0], x[1], Tensor(), {2, 1}, 1e-2);
       }},
      {"layer_norm_gradient",
       {a, row, b},
       [](const Inputs& x) { return graph::make("layer_norm_gradient", x, graph::EpsilonAttributes{1e-2}); }},
      {"layer_norm_scale_gradient",
       {a, b},
       [](const Inputs& x) { return graph::make("layer_norm_scale_gradient", x, graph::EpsilonAttributes{1e-2}); }},
      {"scale_shift", {image, numbers({2, 3})}, [](const Inputs& x) { return graph::make("scale_shift", x); }},
      {"column_dots", {a, b}, [](const Inputs& x) { return graph::make("column_dots", x); }},
      {"column_moments", {image, numbers({3})}, [](const Inputs& x) { return graph::make("column_moments", x); }},
      {"column_moments:batch_normalization",
       {image, numbers({4}, 0.5, 1), numbers({4})},
       [](const Inputs& x) {
         const auto [mean, variance] = ops::moments_of_axis(x[0], 2, numbers({4}, 0, 1, 3));
         return ops::batch_normalization(x[0], mean, variance, 2, x[2], x[1], 1e-3);
       }},
      {"dropout", {a}, [](const Inputs& x) { return ops::dropout(x[0], 0.4, 17); }},
      {"matmul", {a, numbers({4, 5})}, [](const Inputs& x) { return ops::matmul(x[0], x[1]); }},
      {"matmul:stack", {image, numbers({3, 5})}, [](const Inputs& x) { return ops::matmul(x[0], x[1]); }},
      {"matmul:vector", {row, numbers({4, 5})}, [](const Inputs& x) { return ops::matmul(x[0], x[1]); }},
      {"matmul:ta", {a, numbers({3, 5})}, [](const Inputs& x) { return ops::matmul(x[0], x[1], true); }},
      {"matmul:tb", {a, numbers({5, 4})}, [](const Inputs& x) { return ops::matmul(x[0], x[1], false, true); }},
      {"matmul:tab", {a, numbers({5, 3})}, [](const Inputs& x) { return ops::matmul(x[0], x[1], true, true); }},
      {"conv2d", {image, kernel}, [](const Inputs& x) { return ops::conv(x[0], x[1]); }},
      {"conv2d:same",
       {image, kernel},
       [](const Inputs& x) {
         return ops::conv(x[0], x[1], {2, 3}, "same");
       }},
      {"conv2d:dilation",
       {image, kernel},
       [](const Inputs& x) {
         return ops::conv(x[0], x[1], {}, "same", {2, 3});
       }},
      {"conv2d:groups",
       {numbers({2, 4, 3, 4}), numbers({2, 2, 2, 6})},
       [](const Inputs& x) {
         return ops::conv(x[0], x[1], {1, 2}, "same", {2, 1});
       }},
      {"conv2d:depthwise",
       {image, numbers({2, 3, 3, 2})},
       [](const Inputs& x) {
         return ops::depthwise_conv(x[0], x[1], {2, 1}, "same");
       }},
      {"conv2d:causal",
       {numbers({2, 6, 3}), numbers({3, 3, 2})},
       [](const Inputs& x) { return ops::conv(x[0], x[1], {}, "causal", {2}); }},
      {"conv2d_input_gradient:transpose",
       {image, numbers({3, 2, 2, 3})},
       [](const Inputs& x) {
         return ops::conv_transpose(x[0], x[1], {2, 3}, "same");
       }},
      {"conv2d_input_gradient",
       {kernel, dy},
       [image](const Inputs& x) {
         return graph::make("conv2d_input_gradient", {x[0], x[1]}, window(image.shape()));
       }},
      {"conv2d_kernel_gradient",
       {image, dy},
       [image](const Inputs& x) {
         return graph::make("conv2d_kernel_gradient", {x[0], x[1]}, window(image.shape()));
       }},
      {"max_pool",
       {image},
       [](const Inputs& x) {
         return ops::max_pool(x[0], {2, 2}, {1, 2});
       }},
      {"average_pool",
       {image},
       [](const Inputs& x) {
         return ops::average_pool(x[0], {3, 2}, {2, 1}, "same");
       }},
      {"average_pool:line", {numbers({2, 7, 3})}, [](const Inputs& x) { return ops::average_pool(x[0], {3}); }},
      {"average_pool_gradient",
       {numbers({2, 3, 2, 3})},
       [image](const Inputs& x) {
         graph::WindowAttributes attributes;
         attributes.size = attributes.strides = {2, 2};
         attributes.pad_after = {1, 0};
         attributes.input_shape = image.shape();
         return graph::make("average_pool_gradient", {x[0]}, attributes);
       }},
      {"pad",
       {image},
       [](const Inputs& x) {
         return ops::pad(x[0], {{1, 0}, {2, -1}, {-1, -2}, {0, 3}});
       }},
      {"reshape:repeat", {image}, [](const Inputs& x) { return ops::repeat(x[0], 3, 2); }},
      {"matmul:resize",
       {image},
       [](const Inputs& x) {
         return ops::image::resize(x[0], {7, 3}, "bicubic");
       }},
      {"max_pool:same",
       {image},
       [](const Inputs& x) {
         return ops::max_pool(x[0], {3, 3}, {2, 2}, "same");
       }},
      {"max_pool_gradient",
       {numbers({2, 3, 2, 3})},
       [image](const Inputs& x) {
         const Tensor y = ops::max_pool(image, {2, 2}, {2, 2}, "same");
         return graph::make("max_pool_gradient", {image, y, x[0]}, y.node()->attributes);
       }},
      {"max_pool_gather",
       {numbers({2, 5, 4, 3})},
       [image](const Inputs& x) {
         const Tensor y = ops::max_pool(image, {2, 2}, {2, 2}, "same");
         return graph::make("max_pool_gather", {image, y, x[0]}, y.node()->attributes);
       }},
      {"sparse_crossentropy",
       {a},
       [labels](const Inputs& x) { return ops::sparse_categorical_crossentropy(labels, x[0], true); }},
      {"sparse_crossentropy:softmax",
       {a},
       [labels](const Inputs& x) { return ops::sparse_categorical_crossentropy(labels, ops::softmax(x[0])); }},
      {"sparse_crossentropy:probabilities",
       {positive},
       [labels](const Inputs& x) { return ops::sparse_categorical_crossentropy(labels, x[0]); }},
      {"sparse_crossentropy_gradient",
       {a, dloss},
       [labels](const Inputs& x) {
         return graph::make("sparse_crossentropy_gradient", {x[0], labels, x[1]});
       }},
      {"crossentropy", {a, target}, [](const Inputs& x) { return ops::categorical_crossentropy(x[1], x[0], true); }},
      {"crossentropy:probabilities",
       {positive, target},
       [](const Inputs& x) { return ops::categorical_crossentropy(x[1], x[0]); }},
      {"crossentropy_gradient",
       {a, target, dloss},
       [](const Inputs& x) {
         return graph::make("crossentropy_gradient", {x[0], x[1], x[2]});
       }},
  };
  for (Case& c : batch_matmul_cases()) result.push_back(std::move(c));
  for (Case& c : attention_cases()) result.push_back(std::move(c));
  return result;
}

class Gradients : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

TEST_F(Gradients, AgreeWithCentralDifferences) {
  for (const Case& c : cases()) EXPECT_LT(gradient_error(c.function, c.inputs), 1e-7) << c.name;
}

// The gradient of |gradient|^2 needs the rules of everything the first gradient is made of.
TEST_F(Gradients, SecondDerivativesAgreeWithCentralDifferences) {
  for (const Case& c : cases()) {
    const Function squared = [&](const Inputs& inputs) {
      Tensor total = 0.0;
      for (const Tensor& g : gradients(ops::sum(ops::square(c.function(inputs))), inputs))
        total = total + ops::sum(ops::square(g));
      return total;
    };
    EXPECT_LT(gradient_error(squared, c.inputs), 1e-6) << c.name;
  }
}

TEST_F(Gradients, EveryRuleHasACase) {
  std::set<std::string> covered{"stop_gradient", "recurrent"};  // the latter in recurrent_test.cc
  for (const Case& c : cases()) covered.insert(std::string(c.name).substr(0, std::string(c.name).find(':')));
  for (const graph::Operation* operation : graph::all_operations())
    EXPECT_TRUE(!autograd::rule_of(*operation) || covered.count(operation->name) == 1) << operation->name;
}

TEST_F(Gradients, StopGradientStops) {
  const Tensor x = numbers({3});
  const Tensor g = gradients(ops::sum(ops::stop_gradient(x) * x), std::vector<Tensor>{x})[0];
  EXPECT_EQ(g.to_vector<double>(), x.to_vector<double>());
}

TEST_F(Gradients, OfSomethingUnrelatedIsZeros) {
  const Tensor x = numbers({3}), y = numbers({2, 2});
  const std::vector<Tensor> g = gradients(ops::sum(x), std::vector<Tensor>{x, y});
  EXPECT_EQ(g[1].shape(), y.shape());
  EXPECT_EQ(g[1].to_vector<double>(), std::vector<double>(4, 0.0));
}

TEST_F(Gradients, OfAVariableReadTwiceAddUp) {
  const Variable w(numbers({3}), "w");
  const Tensor y = ops::sum(graph::read(w) * 2.0 + graph::read(w));
  EXPECT_EQ(gradients(y, std::vector<Variable>{w})[0].to_vector<double>(), (std::vector<double>{3, 3, 3}));
}

TEST_F(Gradients, OfAnIntermediateGoOnToItsInputs) {
  const Tensor x = numbers({3});
  const Tensor y = x * 3.0;
  const std::vector<Tensor> g = gradients(ops::sum(ops::square(y)), std::vector<Tensor>{y, x});
  for (int i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(g[0].data<double>()[i], 6 * x.data<double>()[i]);
    EXPECT_DOUBLE_EQ(g[1].data<double>()[i], 18 * x.data<double>()[i]);
  }
}

TEST_F(Gradients, OfIntegersAreRefused) {
  EXPECT_THROW(gradients(integers({1, 2}), std::vector<Tensor>{}), ValueError);
}

}  // namespace
}  // namespace shoal
