#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using testing::clouds;
using ::testing::HasSubstr;

class FitErrors : public ::testing::Test {
 protected:
  FitErrors() : model({layers::Dense(3, {.activation = "softmax", .input_shape = {2}})}) {
    model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  }
  std::string message_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const ValueError& error) {
      return error.what();
    }
    return "(nothing was thrown)";
  }
  std::string fit(const Tensor& x, const Tensor& y, FitOptions options = {}) {
    options.verbose = 0;
    return message_of([&] { model.fit(x, y, options); });
  }
  Sequential model;
  testing::Data data = clouds(12, 3);
};

TEST_F(FitErrors, BeforeCompile) {
  Sequential fresh({layers::Dense(3, {.input_shape = {2}})});
  EXPECT_THAT(message_of([&] { fresh.fit(data.x, data.y); }), HasSubstr("compile()"));
  EXPECT_THAT(message_of([&] { fresh.evaluate(data.x, data.y); }), HasSubstr("compile()"));
  fresh.compile({.optimizer = "sgd"});
  EXPECT_THAT(message_of([&] { fresh.fit(data.x, data.y); }), HasSubstr("without a loss"));
}

TEST_F(FitErrors, UnknownNames) {
  EXPECT_THAT(message_of([] { Optimizer("adan"); }), AllOf(HasSubstr("'adan'"), HasSubstr("adam")));
  EXPECT_THAT(message_of([] { Loss("mee"); }), AllOf(HasSubstr("'mee'"), HasSubstr("mean_squared_error")));
  EXPECT_THAT(message_of([] { Metric("acuracy"); }), AllOf(HasSubstr("'acuracy'"), HasSubstr("accuracy")));
  EXPECT_THAT(message_of([&] { model.get_layer("conv"); }), AllOf(HasSubstr("'conv'"), HasSubstr("dense")));
}

TEST_F(FitErrors, DataThatDoesNotFit) {
  EXPECT_THAT(fit(data.x, data.y.slice(0, 10)), AllOf(HasSubstr("cardinality"), HasSubstr("12 and 10")));
  EXPECT_THAT(fit(Tensor(Shape{4, 5}, DType::kFloat32), data.y.slice(0, 4)),
              AllOf(HasSubstr("(None, 2)"), HasSubstr("(4, 5)")));
  EXPECT_THAT(fit(Tensor(Shape{0, 2}, DType::kFloat32), Tensor(Shape{0}, DType::kInt32)), HasSubstr("no samples"));
  EXPECT_THAT(fit(Tensor(), data.y), HasSubstr("undefined"));
  EXPECT_THAT(fit(data.x, Tensor(Shape{12, 3}, DType::kInt32)),
              AllOf(HasSubstr("one label per prediction"), HasSubstr("(None, 3)")));
  model.compile({.optimizer = "sgd", .loss = "categorical_crossentropy"});
  EXPECT_THAT(fit(data.x, data.y), AllOf(HasSubstr("sparse_categorical_crossentropy"), HasSubstr("(None, 3)")));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_THAT(fit(data.x, Tensor(Shape{12, 2}, DType::kFloat32)),
              AllOf(HasSubstr("(None, 2)"), HasSubstr("(None, 3)")));
}

TEST_F(FitErrors, SampleWeightsThatDoNotFit) {
  const Tensor twelve(std::vector<float>(12, 1.0f), {12}), ten(std::vector<float>(10, 1.0f), {10});
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = ten}), AllOf(HasSubstr("sample_weight"), HasSubstr("12 and 10")));
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = Tensor(1.0)}), HasSubstr("received a scalar"));
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = {twelve, twelve}}),
              HasSubstr("sample_weight must be one for each"));
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = {{"size", twelve}}}), HasSubstr("'size'"));
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = Tensor(std::vector<float>(24, 1.0f), {12, 2})}),
              AllOf(HasSubstr("sample_weight of shape (None, 2)"), HasSubstr("(None,)")));
  EXPECT_THAT(fit(data.x, data.y, {.class_weight = {{0, 2.0}}, .sample_weight = twelve}),
              HasSubstr("at the same time"));
  EXPECT_EQ(fit(data.x, data.y, {.class_weight = {{0, 2.0}}}), "(nothing was thrown)");
  model.compile({.optimizer = "sgd", .loss = Loss([](const Tensor& t, const Tensor& p) {
                                       return ops::mean(ops::square(ops::cast(ops::expand_dims(t, -1), p.dtype()) - p));
                                     })});
  EXPECT_THAT(fit(data.x, data.y, {.sample_weight = twelve}), HasSubstr("a scalar cannot be weighted"));
}

TEST_F(FitErrors, LabelsThatAreNoClass) {
  EXPECT_THAT(fit(data.x, clouds(12, 4).y), AllOf(HasSubstr("[0, 3)"), HasSubstr("received 3 at position 3")));
  EXPECT_THAT(message_of([&] { model.evaluate(data.x, clouds(12, 4).y); }), HasSubstr("received 3"));
}

TEST_F(FitErrors, OptionsThatMakeNoSense) {
  EXPECT_THAT(fit(data.x, data.y, {.batch_size = 0}), HasSubstr("batch_size must be positive, received 0"));
  EXPECT_THAT(fit(data.x, data.y, {.epochs = -1}), HasSubstr("received -1"));
  EXPECT_THAT(fit(data.x, data.y, {.validation_split = 1}), HasSubstr("[0, 1), received 1"));
  EXPECT_THAT(fit(data.x, data.y, {.validation_split = 0.99}), HasSubstr("leaves none"));
  EXPECT_THAT(fit(data.x, data.y, {.validation_split = 0.5, .validation_data = {{data.x, data.y}}}),
              HasSubstr("not both"));
  EXPECT_THAT(fit(data.x, data.y, {.validation_data = {{data.x, data.y.slice(0, 3)}}}), HasSubstr("validation_data"));
  EXPECT_THAT(fit(data.x, data.y, {.resume = true}), HasSubstr("checkpoint.directory"));
  EXPECT_THAT(fit(data.x, data.y, {.callbacks = {nullptr}}), HasSubstr("callback is null"));
}

TEST_F(FitErrors, WeightsThatDoNotFit) {
  EXPECT_THAT(message_of([&] { model.set_weights({}); }), HasSubstr("needs 2 arrays, received 0"));
  EXPECT_THAT(message_of([&] {
                model.set_weights({Tensor(Shape{3, 2}, DType::kFloat32), Tensor(Shape{3}, DType::kFloat32)});
              }),
              AllOf(HasSubstr("(2, 3)"), HasSubstr("(3, 2)")));
}

TEST_F(FitErrors, ALossThatBecomesNaNIsSaidOnce) {
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 1e30}), .loss = "mse"});
  ::testing::internal::CaptureStderr();
  std::vector<float> y(36, 1e30f);
  fit(data.x, Tensor(y, {12, 3}), {.epochs = 3, .batch_size = 4});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("epoch 1, batch 1"));
  EXPECT_EQ(said.find("the loss became"), said.rfind("the loss became"));
}

// A fit that failed leaves a model that works.
TEST_F(FitErrors, AnExceptionInACallbackLeavesTheModelUsable) {
  struct Thrower : Callback {
    void on_train_batch_end(int batch, const Logs&) override {
      if (batch == 1) throw std::runtime_error("enough");
    }
  };
  EXPECT_THROW(model.fit(data.x, data.y, {.batch_size = 2, .verbose = 0, .callbacks = {std::make_shared<Thrower>()}}),
               std::runtime_error);
  EXPECT_EQ(model.optimizer().iterations, 2);
  EXPECT_NO_THROW(model.fit(data.x, data.y, {.batch_size = 2, .verbose = 0}));
}

}  // namespace
}  // namespace shoal
