#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/functional/input.h"
#include "model/functional/sequential.h"
#include "model/graph/node.h"
#include "model/layers/layers.h"
#include "model/layers/naming.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor range(const Shape& shape, double scale = 0.1) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(static_cast<float>(scale * (i % 17 - 8)));
  return Tensor(values, shape);
}

// A plan's kernels and those that run node by node round differently.
void expect_near(const Tensor& got, const Tensor& wanted) {
  ASSERT_EQ(got.shape(), wanted.shape());
  EXPECT_THAT(got.to_vector<float>(), ::testing::Pointwise(::testing::FloatNear(1e-6f), wanted.to_vector<float>()));
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

std::vector<std::string> names_of(const std::vector<Layer>& layers) {
  std::vector<std::string> names;
  for (const Layer& layer : layers) names.push_back(layer->name());
  return names;
}

class Functional : public ::testing::Test {
 protected:
  void SetUp() override { layers::reset_names(); }
};

TEST_F(Functional, ASymbolicTensorSaysWhatALayerWillGive) {
  const KerasTensor image = Input({8, 8, 3}), id = Input({4}, {.name = "id", .dtype = DType::kInt32});
  EXPECT_EQ(image.shape(), (Shape{kRows, 8, 8, 3}));
  EXPECT_EQ(image.name(), "input_layer");
  EXPECT_EQ(id.dtype(), DType::kInt32);
  const Layer conv = layers::Conv2D(5, {3, 3});
  const KerasTensor y = layers::Flatten()(conv(image));
  EXPECT_EQ(y.shape(), (Shape{kRows, 180}));
  EXPECT_TRUE(conv->built());
  EXPECT_EQ((y * 2.0 + y).shape(), y.shape());
  EXPECT_EQ((1.0 - y).name(), "subtract");
}

TEST_F(Functional, RunsBranchesSharedLayersAndOperations) {
  const KerasTensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const Layer shared = layers::Dense(4, {.name = "shared"});
  const KerasTensor left = shared(a), right = shared(b);
  const KerasTensor sum = left + right * 2.0;
  Model model({a, b}, {layers::Dense(2, {.name = "out"})(sum), 1.0 - left / 4.0}, "two");
  EXPECT_EQ(model.class_name(), "Functional");
  EXPECT_EQ(model.weights().size(), 4u);
  EXPECT_EQ(model.count_params(), 3 * 4 + 4 + 4 * 2 + 2);
  EXPECT_THAT(model.input_names(), ElementsAre("a", "b"));
  EXPECT_THAT(model.output_names(), ElementsAre("out", "subtract"));

  const Tensor x = range({5, 3}), z = range({5, 3}, 0.3);
  const std::vector<Tensor> got = model.predict_all({x, z});
  const Tensor l = shared(x), r = shared(z), s = model.get_layer("out")(l + r * 2.0);
  ASSERT_EQ(got.size(), 2u);
  expect_near(got[0], s);
  expect_near(got[1], 1.0 - l / 4.0);
  EXPECT_EQ(model.predict_all({{"b", z}, {"a", x}})[0].to_vector<float>(), got[0].to_vector<float>());
}

TEST_F(Functional, OrdersLayersAsKerasDoes) {
  const KerasTensor first = Input({3}, {.name = "first"}), second = Input({3}, {.name = "second"});
  const KerasTensor unused = Input({1}, {.name = "unused"});
  const Layer shared = layers::Dense(3, {.name = "shared"});
  const KerasTensor deep = shared(layers::Dense(3, {.name = "deep"})(shared(first)));
  const KerasTensor late = layers::Dense(3, {.name = "late"})(second);
  Model model({second, first, unused}, {late + deep, deep});
  // By decreasing distance from the outputs; a shared layer stands where its first call does.
  EXPECT_THAT(names_of(model.layers()), ElementsAre("first", "shared", "second", "deep", "late", "unused"));
}

TEST_F(Functional, MayStartAndEndAtSymbolicTensorsOfAnother) {
  const KerasTensor input = Input({4});
  const KerasTensor hidden = layers::Dense(3, {.activation = "relu"})(input);
  const KerasTensor output = layers::Dense(2)(hidden);
  Model whole(input, output), front(input, hidden), back(hidden, output);
  const Tensor x = range({6, 4});
  expect_near(back.predict(front.predict(x)), whole.predict(x));
  EXPECT_EQ(back.input_shape(), (Shape{kRows, 3}));
  EXPECT_EQ(back.weights().size(), 2u);
  EXPECT_EQ(whole.weights().size(), 4u);
}

TEST_F(Functional, ModelsStandInModelsAsLayers) {
  const KerasTensor input = Input({4});
  Model encoder(input, layers::Dense(3, {.activation = "tanh"})(input), "encoder");
  Sequential head({layers::Dense(5, {.activation = "relu"}), layers::Dense(2)}, "head");
  const KerasTensor a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  Model siamese({a, b}, head(encoder(a) - encoder(b)));
  EXPECT_EQ(siamese.weights().size(), 6u);
  const Tensor x = range({3, 4}), z = range({3, 4}, 0.2);
  const Tensor wanted = head(encoder(x) - encoder(z));
  expect_near(siamese.predict({x, z}), wanted);

  Sequential stack({encoder, head, layers::Activation("softmax")});
  EXPECT_TRUE(stack.built());
  EXPECT_EQ(stack.output_shape(), (Shape{kRows, 2}));
  EXPECT_EQ(stack.weights().size(), 6u);
  encoder.set_trainable(false);
  EXPECT_EQ(stack.trainable_weights().size(), 4u);
}

TEST_F(Functional, ComesBackFromItsConfig) {
  const KerasTensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b", .dtype = DType::kInt32});
  const Layer shared = layers::Dense(4, {.name = "shared"});
  Sequential inner({layers::Input({4}), layers::Dense(4)}, "inner");
  const KerasTensor inside = Input({4});
  Model nested(inside, layers::Dense(4)(inside) * 0.5, "nested");
  const KerasTensor y = nested(inner(shared(a))) + nested(shared(a * 3.0));
  Model model({b, a}, {layers::Dropout(0.5)(y), nested(y)}, "whole");
  const nlohmann::json config = nlohmann::json::parse(model.get_config().dump());
  Model again(functional::functional_from_config(config));
  EXPECT_EQ(again.get_config(), config);
  again.set_weights(model.get_weights());
  const Tensor x = range({4, 3}), unused = Tensor(Shape{4, 3}, DType::kInt32);
  const auto got = again.predict_all({unused, x}), wanted = model.predict_all({unused, x});
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(got[i].to_vector<float>(), wanted[i].to_vector<float>());
}

// Ids that are 0 stand for nothing; numbers pass on where they are masked.
class Marked : public LayerImpl {
 public:
  std::string class_name() const override { return "Marked"; }
  Tensor call(const Tensor& x, bool) override {
    const Tensor y = x * 1.0;
    graph::set_mask(y, ops::not_equal(x, 0.0));
    return y;
  }
};
class CountsSteps : public LayerImpl {
 public:
  std::string class_name() const override { return "CountsSteps"; }
  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor& mask = options.masks.at(0);
    const Tensor on = mask.defined() ? ops::cast(mask, DType::kFloat32) : ops::ones_like(inputs[0]);
    return {ops::sum(on, {1}, true)};
  }
};

TEST_F(Functional, PassesMasksOn) {
  const KerasTensor x = Input({3}), given = Input({3}, {.name = "mask", .dtype = DType::kBool});
  const Layer counts = make_layer<CountsSteps>();
  const KerasTensor marked = make_layer<Marked>()(x);
  const KerasTensor inside = Input({3});
  Model nested(inside, counts(inside));
  Model model({x, given}, {counts(x), counts(marked), counts(marked, {.masks = {given}}), nested(marked)});
  const Tensor values(std::vector<float>{1, 0, 2, 0, 0, 3}, {2, 3});
  const Tensor mask = Tensor(std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0}, {2, 3}).astype(DType::kBool);
  const auto got = model.predict_all({values, mask});
  EXPECT_THAT(got[0].to_vector<float>(), ElementsAre(3, 3));
  EXPECT_THAT(got[1].to_vector<float>(), ElementsAre(2, 1));
  EXPECT_THAT(got[2].to_vector<float>(), ElementsAre(3, 0));
  EXPECT_THAT(got[3].to_vector<float>(), ElementsAre(2, 1));
}

TEST_F(Functional, SaysWhatDoesNotFit) {
  const KerasTensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const KerasTensor y = layers::Dense(2, {.name = "d"})(a) + layers::Dense(2, {.name = "e"})(b);
  EXPECT_THAT(message_of([&] { Model(a, y); }), AllOf(HasSubstr("Graph disconnected"), HasSubstr("'b'")));
  EXPECT_THAT(message_of([&] { Model(a, KerasTensor()); }), HasSubstr("outputs[0] is an undefined"));
  EXPECT_THAT(message_of([&] { Model({a, b}, {y, layers::Dense(1, {.name = "d"})(y)}); }), HasSubstr("a second 'd'"));
  EXPECT_THAT(message_of([&] { layers::Dense(1)(KerasTensor()); }), HasSubstr("undefined symbolic tensor"));
  EXPECT_THAT(message_of([&] { layers::Conv2D(1, {2, 2})(a); }), HasSubstr("expected ndim=4, found ndim=2"));
  Model model({a, b}, y, "sum");
  const Tensor x = range({4, 3});
  EXPECT_THAT(message_of([&] { model.predict(x); }),
              AllOf(HasSubstr("takes 2 inputs (a, b)"), HasSubstr("received 1")));
  EXPECT_THAT(message_of([&] {
                model.predict({x, range({4, 5})});
              }),
              AllOf(HasSubstr("input 'b' of shape (None, 3)"), HasSubstr("(4, 5)")));
  EXPECT_THAT(message_of([&] { model.predict({x, range({5, 3})}); }), HasSubstr("received 4 and 5"));
  EXPECT_THAT(message_of([&] { model.predict({{"a", x}, {"c", x}}); }), AllOf(HasSubstr("'c'"), HasSubstr("a, b")));
  EXPECT_THAT(message_of([&] { model.predict({{"a", x}}); }), HasSubstr("nothing for input 'b'"));
  EXPECT_THAT(message_of([&] { model(std::vector<KerasTensor>{a}); }), HasSubstr("takes 2 inputs, received 1"));
  Model two({a, b}, {y, y * 2.0});
  EXPECT_THAT(message_of([&] { two.predict({x, x}); }), HasSubstr("predict_all"));
}

TEST_F(Functional, SummaryIsKerass) {
  const KerasTensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const Layer shared = layers::Dense(4, {.name = "shared"});
  const KerasTensor left = shared(a), right = shared(b);
  Model model({a, b}, left + right, "m");
  EXPECT_EQ(model.summary_text(76), R"(Model: "m"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ a (InputLayer)      │ (None, 3)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ b (InputLayer)      │ (None, 3)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ shared (Dense)      │ (None, 4)         │         16 │ a[0][0], b[0][0]  │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ add (Add)           │ (None, 4)         │          0 │ shared[0][0],     │
│                     │                   │            │ shared[1][0]      │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 16 (64.00 B)
 Trainable params: 16 (64.00 B)
 Non-trainable params: 0 (0.00 B)
)");
}

TEST_F(Functional, AModelMayBeHandedOn) {
  const auto make = [] {
    const KerasTensor input = Input({2});
    Model model(input, layers::Dense(1)(input));
    model.compile({.optimizer = "sgd", .loss = "mse", .run_eagerly = true});
    model.fit(range({4, 2}), range({4, 1}), {.verbose = 0});
    return model;
  };
  Model model = make();
  model.fit(range({4, 2}), range({4, 1}), {.verbose = 0});
  EXPECT_EQ(model.optimizer().iterations, 2);
}

}  // namespace
}  // namespace shoal
