#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "tests/model/layers/cases.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::numbers;

template <class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

TEST(LayerErrors, SayWhatKerasSaysOfAWrongAxis) {
  const Layer layer = layers::Dense(4, {.name = "dense"});
  layer->ensure_built({kRows, 784});
  EXPECT_EQ(
      message_of([&] {
        layer(numbers({3, 10}, DType::kFloat32));
      }),
      "Input 0 of layer 'dense' is incompatible with the layer: expected axis -1 of input shape to have value 784, "
      "but received input with shape (3, 10)");
}

TEST(LayerErrors, NameLayerRuleAndShape) {
  EXPECT_THAT(message_of([] {
                layers::Conv2D(4, {3, 3}, {.name = "c"})(numbers({2, 28, 28}, DType::kFloat32));
              }),
              AllOf(HasSubstr("'c'"), HasSubstr("expected ndim=4, found ndim=3"), HasSubstr("(2, 28, 28)")));
  EXPECT_THAT(message_of([] {
                layers::Conv2D(4, {5, 5}, {.name = "c"})(numbers({2, 4, 9, 1}, DType::kFloat32));
              }),
              AllOf(HasSubstr("5 x 5"), HasSubstr("(2, 4, 9, 1)")));
  EXPECT_THAT(
      message_of([] {
        layers::Conv2D(4, {3, 3}, {.dilation_rate = {2, 2}, .name = "c"})(numbers({2, 4, 9, 1}, DType::kFloat32));
      }),
      AllOf(HasSubstr("5 x 5"), HasSubstr("(2, 4, 9, 1)")));
  EXPECT_THAT(message_of([] {
                layers::Conv2D(4, {3, 3}, {.groups = 2, .name = "c"})(numbers({2, 4, 9, 3}, DType::kFloat32));
              }),
              AllOf(HasSubstr("groups 2"), HasSubstr("(2, 4, 9, 3)")));
  EXPECT_THAT(message_of([] {
                layers::Cropping1D({2, 3}, {.name = "c"})(numbers({2, 5, 1}, DType::kFloat32));
              }),
              AllOf(HasSubstr("(2, 3)"), HasSubstr("(2, 5, 1)")));
  EXPECT_THAT(message_of([] { layers::Dense(4)(numbers({3}, DType::kFloat32)); }), HasSubstr("expected min_ndim=2"));
  EXPECT_THAT(message_of([] {
                layers::Input({28, 28})(numbers({3, 28, 27}, DType::kFloat32));
              }),
              AllOf(HasSubstr("(None, 28, 28)"), HasSubstr("(3, 28, 27)")));
}

TEST(LayerErrors, AreRaisedForOptionsThatMakeNoSense) {
  EXPECT_THAT(message_of([] { layers::Dense(0); }), HasSubstr("units must be positive, received 0"));
  EXPECT_THAT(message_of([] { layers::Dense(3, {.activation = "rleu"}); }),
              AllOf(HasSubstr("Dense"), HasSubstr("'rleu'"), HasSubstr("relu, sigmoid")));
  EXPECT_THAT(message_of([] { layers::Dense(3, {.kernel_initializer = "gloro"}); }),
              AllOf(HasSubstr("'gloro'"), HasSubstr("glorot_uniform")));
  EXPECT_THAT(message_of([] { layers::Dropout(1.0); }), HasSubstr("[0, 1), received 1"));
  EXPECT_THAT(message_of([] { layers::Conv2D(2, {3, 0}); }), HasSubstr("received [3, 0]"));
  EXPECT_THAT(message_of([] { layers::Conv2D(2, {3, 3}, {.padding = "full"}); }), HasSubstr("'full'"));
  EXPECT_THAT(message_of([] { layers::Input({28, -1}); }), HasSubstr("Input"));
}

TEST(LayerErrors, AreRaisedForConfigsThatCannotBeHonoured) {
  const auto with = [](const Layer& layer, const char* key, const nlohmann::json& value) {
    nlohmann::json config = layer->config();
    config[key] = value;
    return message_of([&] { layers::layer_from_config(layer->class_name(), config); });
  };
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "groups", 3), AllOf(HasSubstr("groups 3"), HasSubstr("filters 2")));
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}, {.strides = {1, 2}}), "dilation_rate", {2, 2}),
              AllOf(HasSubstr("Conv2D"), HasSubstr("strides 1 x 2"), HasSubstr("dilation_rate 2 x 2")));
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "data_format", "channels_middle"), HasSubstr("'channels_middle'"));
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "padding", "causal"), HasSubstr("'causal'"));
  EXPECT_THAT(with(layers::Conv2DTranspose(2, {3, 3}), "output_padding", 1),
              AllOf(HasSubstr("output_padding"), HasSubstr("received 1 x 1 with strides 1 x 1")));
  EXPECT_THAT(with(layers::UpSampling2D(), "interpolation", "linear"), HasSubstr("'linear'"));
  EXPECT_THAT(with(layers::ZeroPadding2D(), "padding", {1, 2, 3}), HasSubstr("received [1,2,3]"));
  EXPECT_THAT(with(layers::Dense(2), "units", "two"), HasSubstr("units must be an integer"));
  EXPECT_THAT(with(layers::Dense(2), "units", nullptr), HasSubstr("no units"));
  EXPECT_THAT(with(layers::Dense(2), "dtype", "int32"), HasSubstr("floating"));
  EXPECT_THAT(message_of([] { layers::layer_from_config("Dens", {}); }),
              AllOf(HasSubstr("'Dens'"), HasSubstr("Dense")));
}

TEST(LayerErrors, AreRaisedForStacksThatDoNotFit) {
  EXPECT_THAT(message_of([] {
                Sequential({layers::Dense(2, {.name = "a"}), layers::Dense(3, {.name = "a"})});
              }),
              HasSubstr("second 'a'"));
  EXPECT_THAT(message_of([] { Sequential({layers::Dense(2), layers::Input({3})}); }), HasSubstr("input layer"));
  EXPECT_THAT(message_of([] {
                Sequential({layers::Input({8}), layers::Conv2D(2, {3, 3}, {.name = "c"})});
              }),
              AllOf(HasSubstr("'c'"), HasSubstr("ndim=4")));
  EXPECT_THAT(message_of([] { layers::register_layer("Dense", [](const nlohmann::json&) { return Layer(); }); }),
              HasSubstr("registered already"));
}

}  // namespace
}  // namespace shoal
