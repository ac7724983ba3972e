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
  return {
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
      {"softmax", {a}, [](const Inputs& x) { return ops::softmax(x[0]); }},
      {"softmax:axis", {a}, [](const Inputs& x) { return ops::softmax(x[0], 0); }},
      {"softmax:log", {a}, [](const Inputs& x) { return ops::log_softmax(x[0]); }},
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
  std::set<std::string> covered{"stop_gradient"};
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
