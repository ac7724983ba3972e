#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/autograd/gradient_tape.h"
#include "tests/model/train/support.h"

// Constraints are applied to the weights after each step, however the step is made.
namespace shoal {
namespace {

using testing::begin_program;
using testing::clouds;
using testing::weights_of;

struct Way {
  const char* name;
  Optimizer optimizer;
  bool eagerly = false, own_loop = false;
};

std::vector<std::vector<double>> after_one_step(const Way& way, const Constraint& kernel, const Constraint& bias) {
  begin_program(3);
  const auto data = clouds(30, 3);
  Sequential model(
      {layers::Dense(40,
                     {.activation = "tanh", .kernel_constraint = kernel, .bias_constraint = bias, .input_shape = {2}}),
       layers::Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = way.optimizer, .loss = "sparse_categorical_crossentropy", .run_eagerly = way.eagerly});
  if (way.own_loop) {
    GradientTape tape;
    const Tensor loss = ops::mean(ops::sparse_categorical_crossentropy(data.y, model(data.x, true)));
    model.apply_gradients(tape.gradient(loss, model.trainable_weights()));
  } else {
    model.fit(data.x, data.y, {.batch_size = 30, .verbose = 0, .shuffle = false});
  }
  return weights_of(model);
}

TEST(Constraints, AreAppliedAfterEveryStep) {
  const std::vector<Way> ways = {
      {"sgd", "sgd"},
      {"adam", optimizers::Adam({.learning_rate = 0.1})},
      {"clipnorm", optimizers::SGD({.clipnorm = 0.1})},
      {"global_clipnorm", optimizers::SGD({.global_clipnorm = 0.1})},
      {"eagerly", optimizers::Adam(), true},
      {"a loop of one's own", optimizers::Adam(), false, true},
  };
  const Constraint kernel = constraints::UnitNorm(), bias = constraints::NonNeg();
  for (const Way& way : ways) {
    const auto free = after_one_step(way, nullptr, nullptr), kept = after_one_step(way, kernel, bias);
    const auto wanted = [](const Constraint& constraint, const std::vector<double>& values, const Shape& shape) {
      return constraints::apply(constraint, Tensor(values, shape).astype(DType::kFloat32)).to_vector<double>();
    };
    EXPECT_EQ(kept[0], wanted(kernel, free[0], {2, 40})) << way.name;
    EXPECT_EQ(kept[1], wanted(bias, free[1], {40})) << way.name;
    EXPECT_NE(kept[1], free[1]) << way.name;
    EXPECT_EQ(kept[2], free[2]) << way.name;
  }
}

}  // namespace
}  // namespace shoal
