#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/error.h"
#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "model/layers/naming.h"
#include "tests/model/layers/cases.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using testing::numbers;

void add_cnn(Sequential& model) {
  model.add(layers::Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {32, 32, 3}}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::Flatten());
  model.add(layers::Dense(64, {.activation = "relu"}));
  model.add(layers::Dense(10, {.activation = "softmax"}));
}

TEST(Naming, IsKerass) {
  const std::pair<const char*, const char*> rows[] = {{"Conv2D", "conv2d"},
                                                      {"MaxPooling2D", "max_pooling2d"},
                                                      {"ReLU", "re_lu"},
                                                      {"LeakyReLU", "leaky_re_lu"},
                                                      {"PReLU", "p_re_lu"},
                                                      {"ELU", "elu"},
                                                      {"Conv2DTranspose", "conv2d_transpose"},
                                                      {"RMSNormalization", "rms_normalization"},
                                                      {"SimpleRNN", "simple_rnn"},
                                                      {"STFTSpectrogram", "stft_spectrogram"},
                                                      {"UpSampling2D", "up_sampling2d"}};
  for (const auto& [class_name, name] : rows) EXPECT_EQ(layers::snake_case(class_name), name);
  layers::reset_names();
  EXPECT_EQ(layers::Conv2D(1, {1, 1})->name(), "conv2d");
  EXPECT_EQ(layers::Conv2D(1, {1, 1})->name(), "conv2d_1");
  EXPECT_EQ(layers::Conv2D(1, {1, 1}, {.name = "mine"})->name(), "mine");
  EXPECT_EQ(layers::Conv2D(1, {1, 1})->name(), "conv2d_2");
}

TEST(Sequential, TheCnnHasTheParametersAndPathsThatKerasGivesIt) {
  layers::reset_names();
  Sequential model;
  add_cnn(model);
  EXPECT_EQ(model.count_params(), 122570);
  EXPECT_EQ(model.output_shape(), (Shape{kRows, 10}));
  ASSERT_EQ(model.weights().size(), 10u);
  EXPECT_EQ(model.weights()[2].path(), "sequential/conv2d_1/kernel");
  EXPECT_EQ(model.weights()[9].path(), "sequential/dense_1/bias");
  EXPECT_EQ(model.weights()[6].shape(), (Shape{1024, 64}));
}

// The config that real Keras loads: every key of ours stands there with the same value, and none is missing.
TEST(Sequential, ConfigHasKerasKeysAndValues) {
  layers::reset_names();
  Sequential model;
  add_cnn(model);
  const nlohmann::json ours = model.get_config();
  EXPECT_EQ(ours.at("name"), "sequential");
  EXPECT_EQ(ours.at("build_input_shape"), nlohmann::json::parse("[null,32,32,3]"));
  ASSERT_EQ(ours.at("layers").size(), 9u);
  EXPECT_EQ(ours["layers"][0],
            nlohmann::json::parse(
                R"({"module":"keras.layers","class_name":"InputLayer","config":{"batch_shape":[null,32,32,3],
      "dtype":"float32","sparse":false,"name":"input_layer"},"registered_name":null})"));
  EXPECT_EQ(ours["layers"][1],
            nlohmann::json::parse(
                R"({"module":"keras.layers","class_name":"Conv2D","config":{"name":"conv2d","trainable":true,
      "dtype":"float32","filters":32,"kernel_size":[3,3],"strides":[1,1],"padding":"valid","data_format":"channels_last",
      "dilation_rate":[1,1],"groups":1,"activation":"relu","use_bias":true,
      "kernel_initializer":{"module":"keras.initializers","class_name":"GlorotUniform","config":{"seed":null},"registered_name":null},
      "bias_initializer":{"module":"keras.initializers","class_name":"Zeros","config":{},"registered_name":null},
      "kernel_regularizer":null,"bias_regularizer":null,"activity_regularizer":null,"kernel_constraint":null,"bias_constraint":null},
      "registered_name":null,"build_config":{"input_shape":[null,32,32,3]}})"));
  EXPECT_EQ(
      ours["layers"][2],
      nlohmann::json::parse(R"({"module":"keras.layers","class_name":"MaxPooling2D","config":{"name":"max_pooling2d",
      "trainable":true,"dtype":"float32","pool_size":[2,2],"padding":"valid","strides":[2,2],"data_format":"channels_last"},"registered_name":null})"));
  EXPECT_EQ(
      ours["layers"][8]["config"],
      nlohmann::json::parse(R"({"name":"dense_1","trainable":true,"dtype":"float32","units":10,"activation":"softmax",
      "use_bias":true,
      "kernel_initializer":{"module":"keras.initializers","class_name":"GlorotUniform","config":{"seed":null},"registered_name":null},
      "bias_initializer":{"module":"keras.initializers","class_name":"Zeros","config":{},"registered_name":null},
      "kernel_regularizer":null,"bias_regularizer":null,"kernel_constraint":null,"bias_constraint":null})"));
}

TEST(Sequential, ComesBackFromItsConfig) {
  Sequential model;
  add_cnn(model);
  const auto again = Sequential::from_config(nlohmann::json::parse(model.get_config().dump()));
  EXPECT_EQ(again->get_config(), model.get_config());
  EXPECT_EQ(again->name(), model.name());
  again->set_weights(model.get_weights());
  const Tensor x = numbers({3, 32, 32, 3}, DType::kFloat32);
  EXPECT_EQ(again->predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(Sequential, ReadsTheInputShapeOfAKeras2Config) {
  nlohmann::json config = {{"name", "old"}, {"layers", nlohmann::json::array()}};
  config["layers"].push_back(
      {{"class_name", "Dense"}, {"config", {{"name", "d"}, {"units", 3}, {"batch_input_shape", {nullptr, 4}}}}});
  const auto model = Sequential::from_config(config);
  EXPECT_TRUE(model->built());
  EXPECT_EQ(model->input_shape(), (Shape{kRows, 4}));
}

TEST(Sequential, IsBuiltByAnInputLayerOrByItsFirstData) {
  Sequential first({layers::Input({4}), layers::Dense(3)});
  EXPECT_TRUE(first.built());
  EXPECT_EQ(first.layers().size(), 1u);
  Sequential later({layers::Dense(3), layers::Activation("softmax")});
  EXPECT_FALSE(later.built());
  EXPECT_EQ(later.predict(numbers({5, 4}, DType::kFloat32)).shape(), (Shape{5, 3}));
  EXPECT_TRUE(later.built());
  EXPECT_EQ(later.count_params(), 15);
}

TEST(Sequential, PopTakesTheLastLayerAway) {
  Sequential model({layers::Input({4}), layers::Dense(3), layers::Dense(2)});
  model.pop();
  EXPECT_EQ(model.output_shape(), (Shape{kRows, 3}));
  EXPECT_EQ(model.predict(numbers({2, 4}, DType::kFloat32)).shape(), (Shape{2, 3}));
  model.add(layers::Dense(5));
  EXPECT_EQ(model.output_shape(), (Shape{kRows, 5}));
  EXPECT_EQ(model.predict(numbers({2, 4}, DType::kFloat32)).shape(), (Shape{2, 5}));
}

TEST(Sequential, LayersMayBeShared) {
  const Layer shared = layers::Dense(4, {.name = "shared"});
  Sequential a({layers::Input({4}), shared, layers::Dense(2)}), b({layers::Input({4}), shared, shared});
  EXPECT_EQ(b.weights().size(), 2u);
  Variable(shared->weights()[0]).assign(Tensor(Shape{4, 4}, DType::kFloat32));
  EXPECT_EQ(a.get_weights()[0].to_vector<float>(), b.get_weights()[0].to_vector<float>());
}

// A layer of one's own: build and call in terms of ops, nothing else.
class Scale : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  std::string class_name() const override { return "Scale"; }
  void build(const Shape& input) override { factor_ = add_weight("factor", {input[-1]}, "ones"); }
  Tensor call(const Tensor& x, bool) override { return x * ops::convert_to_tensor(factor_); }

 private:
  Variable factor_;
};

TEST(Sequential, HoldsAPersonsOwnLayersAndFindsThemAgain) {
  layers::register_layer(
      "Scale", [](const nlohmann::json& config) { return make_layer<Scale>(config.at("name").get<std::string>()); });
  Sequential model({layers::Input({3}), make_layer<Scale>()});
  const nlohmann::json config = model.get_config();
  EXPECT_EQ(config["layers"][1]["registered_name"], "Scale");
  EXPECT_TRUE(config["layers"][1]["module"].is_null());
  const auto again = Sequential::from_config(config);
  const Tensor x = numbers({2, 3}, DType::kFloat32);
  EXPECT_EQ(again->predict(x).to_vector<float>(), x.to_vector<float>());
}

}  // namespace
}  // namespace shoal
