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
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "groups", 2), AllOf(HasSubstr("groups"), HasSubstr("received 2")));
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "dilation_rate", {2, 2}), HasSubstr("dilation_rate"));
  EXPECT_THAT(with(layers::Conv2D(2, {3, 3}), "data_format", "channels_first"), HasSubstr("channels_first"));
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
