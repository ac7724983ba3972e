#include "model/ops/recurrent.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/plan/plan.h"
#include "tests/model/autograd/differences.h"

namespace shoal {
namespace {

using testing::gradient_error;
using testing::numbers;
using Inputs = std::vector<Tensor>;

constexpr std::int64_t kSteps = 4, kUnits = 3, kBatch = 3;

class Recurrent : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

struct Case {
  std::string cell;
  std::string activation = "tanh", recurrent_activation = "sigmoid";
  bool go_backwards = false, bias = false, state = false, mask = false, dropout = false;
  std::string outputs = "all";  // "sequence", "h", "c", "all", "part"
};

std::int64_t gates(const Case& c) { return kUnits * (c.cell == "simple_rnn" ? 1 : c.cell == "lstm" ? 4 : 3); }

Tensor mask() {
  Tensor result(Shape{kBatch, kSteps}, DType::kBool);
  bool* on = result.mutable_data<bool>();
  for (int i = 0; i < kBatch * kSteps; ++i) on[i] = i != 0 && i != 5 && i != 7 && i != 10 && i != 11;
  return result;
}

Inputs inputs_of(const Case& c) {
  Inputs inputs{numbers({kBatch, kSteps, gates(c)}, -1, 1, 1), numbers({kUnits, gates(c)}, -1, 1, 2)};
  if (c.bias) inputs.push_back(numbers({gates(c)}, -1, 1, 3));
  if (c.state) inputs.push_back(numbers({kBatch, kUnits}, -1, 1, 4));
  if (c.state && c.cell == "lstm") inputs.push_back(numbers({kBatch, kUnits}, -1, 1, 5));
  return inputs;
}

Tensor output_of(const Case& c, const Inputs& x) {
  std::size_t next = 2;
  ops::RecurrentInputs inputs{.projected = x[0], .kernel = x[1]};
  if (c.bias) inputs.bias = x[next++];
  if (c.state) inputs.h = x[next++];
  if (c.state && c.cell == "lstm") inputs.c = x[next++];
  if (c.mask) inputs.mask = mask();
  if (c.dropout) inputs.dropout = numbers({kBatch, gates(c)}, 0.5, 1.5, 6);
  const ops::RecurrentOutputs y =
      ops::recurrent(inputs, {c.cell, c.activation, c.recurrent_activation, c.go_backwards});
  if (c.outputs == "sequence") return y.sequence;
  if (c.outputs == "h") return y.states[0];
  if (c.outputs == "c") return y.states[1];
  if (c.outputs == "part") return ops::slice_axis(y.sequence, 1, 1, 3);
  Tensor all = ops::reshape_rows(y.sequence, {kSteps * kUnits});
  for (const Tensor& state : y.states) all = ops::concatenate({all, state * 1.5});
  return all;
}

TEST_F(Recurrent, GradientsAgreeWithCentralDifferences) {
  std::vector<Case> cases;
  for (const char* cell : {"simple_rnn", "lstm", "gru", "gru_reset_before"}) {
    const bool bias = std::string(cell) == "gru";
    cases.push_back({.cell = cell, .outputs = "h"});
    cases.push_back({.cell = cell, .outputs = "sequence"});
    cases.push_back({.cell = cell, .outputs = "part"});
    cases.push_back({.cell = cell, .go_backwards = true, .bias = bias});
    cases.push_back({.cell = cell, .bias = bias, .state = true});
    cases.push_back({.cell = cell, .mask = true});
    cases.push_back({.cell = cell, .dropout = true});
    cases.push_back({cell, "tanh", "sigmoid", true, bias, true, true, true});
    for (const char* activation : {"linear", "relu", "sigmoid", "softsign", "softplus", "elu"})
      cases.push_back({.cell = cell, .activation = activation, .recurrent_activation = "hard_sigmoid"});
    cases.push_back({.cell = cell, .activation = "exponential", .recurrent_activation = "softplus", .mask = true});
  }
  cases.push_back({.cell = "lstm", .mask = true, .outputs = "c"});
  for (const Case& c : cases) {
    const auto function = [&](const Inputs& x) { return output_of(c, x); };
    EXPECT_LT(gradient_error(function, inputs_of(c)), 1e-7)
        << c.cell << " " << c.activation << " " << c.outputs << " " << c.go_backwards << c.bias << c.state << c.mask
        << c.dropout;
  }
}

TEST_F(Recurrent, UnknownActivationsAreRefused) {
  EXPECT_THROW(output_of({.cell = "lstm", .activation = "softmax"}, inputs_of({.cell = "lstm"})), ValueError);
}

TEST_F(Recurrent, AnIndexOutOfRangeIsNamed) {
  const Tensor table = numbers({4, 2});
  for (const std::int64_t index : {std::int64_t{4}, std::int64_t{-1}}) {
    try {
      ops::take(table, testing::integers({0, index})).to_vector<double>();
      FAIL() << "took row " << index;
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find(std::to_string(index) + " is outside of [0, 4)"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace shoal
