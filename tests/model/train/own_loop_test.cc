#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/autograd/gradient_tape.h"
#include "tests/model/train/support.h"

// A loop of a person's own, with a tape.
namespace shoal {
namespace {

using testing::begin_program;
using testing::clouds;
using ::testing::HasSubstr;
using testing::weights_of;

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

TEST(OwnLoop, TrainsAsFitDoes) {
  const auto data = clouds(40, 3);
  const auto make = [] {
    begin_program(3);
    auto model = std::make_unique<Sequential>(std::vector<Layer>{
        layers::Dense(6, {.activation = "tanh", .input_shape = {2}}), layers::Dense(3, {.activation = "softmax"})});
    model->compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    return model;
  };
  const auto fitted = make();
  fitted->fit(data.x, data.y, {.epochs = 2, .batch_size = 10, .verbose = 0, .shuffle = false});

  const auto looped = make();
  for (int epoch = 0; epoch < 2; ++epoch)
    for (std::int64_t at = 0; at < 40; at += 10) {
      GradientTape tape;
      const Tensor loss = ops::mean(
          ops::sparse_categorical_crossentropy(data.y.slice(at, at + 10), (*looped)(data.x.slice(at, at + 10), true)));
      looped->apply_gradients(tape.gradient(loss, looped->trainable_weights()));
    }
  EXPECT_EQ(looped->optimizer().iterations, 8);
  const auto got = weights_of(*looped), wanted = weights_of(*fitted);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    for (std::size_t j = 0; j < wanted[i].size(); ++j) EXPECT_NEAR(got[i][j], wanted[i][j], 1e-5);
}

// A layer that adds a loss in its call, regularizers of weights and of outputs.
class Pulled : public LayerImpl {
 public:
  std::string class_name() const override { return "Pulled"; }
  Tensor call(const Tensor& x, bool) override {
    add_loss(ops::mean(ops::square(x)) * 0.1);
    return x;
  }
};

TEST(OwnLoop, HasTheLossesOfItsModel) {
  const auto data = clouds(20, 3);
  const auto make = [] {
    begin_program(3);
    auto model = std::make_unique<Sequential>(std::vector<Layer>{
        layers::Dense(6, {.activation = "tanh",
                          .kernel_regularizer = "l2",
                          .activity_regularizer = regularizers::L1(0.05),
                          .input_shape = {2}}),
        make_layer<Pulled>(), layers::Dense(3, {.activation = "softmax", .bias_regularizer = "l1"})});
    model->compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
    return model;
  };
  const auto fitted = make();
  fitted->fit(data.x, data.y, {.epochs = 3, .batch_size = 20, .verbose = 0, .shuffle = false});

  const auto looped = make();
  EXPECT_EQ(looped->losses().size(), 2u);  // of the weights: nothing was called yet
  for (int step = 0; step < 3; ++step) {
    GradientTape tape;
    Tensor loss = ops::mean(ops::sparse_categorical_crossentropy(data.y, (*looped)(data.x, true)));
    const std::vector<Tensor> added = looped->losses();
    ASSERT_EQ(added.size(), 4u);
    for (const Tensor& term : added) loss = loss + term;
    looped->apply_gradients(tape.gradient(loss, looped->trainable_weights()));
  }
  const auto got = weights_of(*looped), wanted = weights_of(*fitted);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    for (std::size_t j = 0; j < wanted[i].size(); ++j) EXPECT_NEAR(got[i][j], wanted[i][j], 1e-5);
}

TEST(OwnLoop, FollowsASchedule) {
  begin_program(3);
  Sequential model({layers::Dense(1, {.input_shape = {1}})});
  model.compile({.optimizer = optimizers::SGD(
                     {.learning_rate = optimizers::schedules::PiecewiseConstantDecay({0}, {1.0, 0.0})})});
  const auto step = [&] {
    const std::vector<Tensor> before = model.get_weights();
    model.apply_gradients({Tensor(std::vector<float>{1}, {1, 1}), Tensor(std::vector<float>{2}, {1})});
    return before[1].item() - model.get_weights()[1].item();
  };
  EXPECT_EQ(step(), 2);
  EXPECT_EQ(step(), 0);
}

TEST(OwnLoop, ATapeKnowsWhatItWatches) {
  const Tensor x(std::vector<float>{1, 2, 3}, {3});
  GradientTape tape;
  EXPECT_THAT(message_of([&] { tape.gradient(ops::sum(x * x), x); }), HasSubstr("not watched"));
  tape.watch(x);
  EXPECT_EQ(tape.gradient(ops::sum(x * x * x), x).to_vector<float>(), (std::vector<float>{3, 12, 27}));
  EXPECT_THAT(message_of([&] { tape.gradient(ops::sum(x), x); }), HasSubstr("once"));
  // Gradients of gradients.
  GradientTape again({.persistent = true});
  again.watch(x);
  const Tensor first = again.gradient(ops::sum(x * x * x), x);
  EXPECT_EQ(again.gradient(ops::sum(first), x).to_vector<float>(), (std::vector<float>{6, 12, 18}));
  Variable fixed(x, "fixed", false);
  EXPECT_THAT(message_of([&] { again.gradient(ops::sum(ops::convert_to_tensor(fixed)), fixed); }),
              HasSubstr("not watched"));
  again.watch(fixed);
  EXPECT_EQ(again.gradient(ops::sum(ops::square(ops::convert_to_tensor(fixed))), fixed).to_vector<float>(),
            (std::vector<float>{2, 4, 6}));
}

TEST(OwnLoop, SaysWhatDoesNotFit) {
  Sequential model({layers::Dense(3, {.input_shape = {2}})});
  const std::vector<Tensor> none;
  EXPECT_THAT(message_of([&] { model.apply_gradients(none); }), HasSubstr("compile()"));
  model.compile({.optimizer = "sgd"});
  EXPECT_THAT(message_of([&] { model.apply_gradients(none); }), HasSubstr("2 trainable weights, received 0"));
  EXPECT_THAT(message_of([&] {
                model.apply_gradients({Tensor(Shape{2, 2}, DType::kFloat32), Tensor(Shape{3}, DType::kFloat32)});
              }),
              HasSubstr("shape (2, 3), its gradient (2, 2)"));
}

}  // namespace
}  // namespace shoal
