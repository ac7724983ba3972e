#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/autograd/gradients.h"
#include "model/graph/node.h"
#include "model/layers/layers.h"
#include "tests/model/layers/cases.h"

namespace shoal {
namespace {

using testing::layer_cases;
using testing::LayerCase;
using testing::numbers;
using testing::Values;

// Layers made in the body compute in float64.
struct InFloat64 {
  InFloat64() { set_floatx(DType::kFloat64); }
  ~InFloat64() { set_floatx(DType::kFloat32); }
};

std::vector<Values> weights_of(const Layer& layer) {
  std::vector<Values> result;
  for (const Variable& variable : layer->weights()) result.push_back(variable.value().to_vector<double>());
  return result;
}

class Layers : public ::testing::TestWithParam<LayerCase> {};

TEST_P(Layers, ComputesWhatPlainLoopsCompute) {
  const InFloat64 scope;
  const LayerCase& c = GetParam();
  const Layer layer = c.make();
  const Tensor x = numbers(c.input, DType::kFloat64);
  layer->ensure_built(c.input);
  int seed = 2;
  for (Variable variable : layer->weights()) variable.assign(numbers(variable.shape(), DType::kFloat64, seed++));
  const Tensor y = layer(x);
  EXPECT_EQ(y.shape(), c.output);
  const Values expected = c.expected(x.to_vector<double>(), weights_of(layer));
  EXPECT_THAT(y.to_vector<double>(), ::testing::Pointwise(::testing::DoubleNear(1e-12), expected));
}

TEST_P(Layers, InfersTheShapeWithSymbolicRows) {
  const LayerCase& c = GetParam();
  std::vector<std::int64_t> in = c.input.dims(), out = c.output.dims();
  in[0] = out[0] = kRows;
  EXPECT_EQ(c.make()->compute_output_shape(Shape(in)), Shape(out));
}

TEST_P(Layers, ConfigMakesTheSameLayerAgain) {
  const LayerCase& c = GetParam();
  const Layer layer = c.make();
  EXPECT_EQ(layer->class_name(), c.class_name);
  const nlohmann::json config = nlohmann::json::parse(layer->config().dump());
  EXPECT_EQ(config.at("name"), layer->name());
  const Layer again = layers::layer_from_config(c.class_name, config);
  EXPECT_EQ(again->config(), layer->config());
  const Tensor x = numbers(c.input, DType::kFloat32);
  layer->ensure_built(c.input);
  again->ensure_built(c.input);
  ASSERT_EQ(again->weights().size(), layer->weights().size());
  for (std::size_t i = 0; i < layer->weights().size(); ++i)
    Variable(again->weights()[i]).assign(layer->weights()[i].value());
  EXPECT_EQ(again(x).to_vector<float>(), layer(x).to_vector<float>());
}

TEST_P(Layers, GradientsAreThoseOfCentralDifferences) {
  const InFloat64 scope;
  const LayerCase& c = GetParam();
  const Layer layer = c.make();
  layer->ensure_built(c.input);
  int seed = 2;
  for (Variable variable : layer->weights()) variable.assign(numbers(variable.shape(), DType::kFloat64, seed++));
  const Tensor mix = numbers(c.output, DType::kFloat64, 9);
  const Tensor x = numbers(c.input, DType::kFloat64);
  const auto loss_at = [&](const Tensor& at) { return ops::sum(layer(at) * mix); };
  const Tensor loss = loss_at(x);
  const double step = 1e-6;
  const auto check = [&](const Tensor& gradient, std::size_t size,
                         const std::function<double(std::size_t, double)>& moved) {
    const Values values = gradient.to_vector<double>();
    ASSERT_EQ(values.size(), size);
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_NEAR(values[i], (moved(i, step) - moved(i, -step)) / (2 * step), 1e-7) << "element " << i;
  };
  check(gradients(loss, std::vector<Tensor>{x})[0], static_cast<std::size_t>(c.input.elements()),
        [&](std::size_t i, double by) {
          Values values = x.to_vector<double>();
          values[i] += by;
          return loss_at(Tensor(values, c.input)).item();
        });
  const auto of_weights = gradients(loss, layer->weights());
  for (std::size_t w = 0; w < of_weights.size(); ++w) {
    Variable variable = layer->weights()[w];
    const Tensor before = variable.value();
    check(of_weights[w], variable.size(), [&](std::size_t i, double by) {
      Values values = before.to_vector<double>();
      values[i] += by;
      variable.assign(Tensor(values, variable.shape()));
      const double result = loss_at(x).item();
      variable.assign(before);
      return result;
    });
  }
}

std::string name_of_case(const ::testing::TestParamInfo<LayerCase>& info) {
  std::string name = info.param.class_name + "_" + std::to_string(info.index);
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Layers, ::testing::ValuesIn(layer_cases()), name_of_case);

TEST(Dropout, KeepsTheMeanAndDropsTheShareThatItSays) {
  const Layer layer = layers::Dropout(0.25);
  const std::int64_t n = 40000;
  const Tensor ones(std::vector<float>(n, 1.0f), Shape{n / 8, 8});
  const auto values = layer(ones, true).to_vector<double>();
  std::int64_t dropped = 0;
  for (const double value : values) {
    dropped += value == 0;
    EXPECT_TRUE(value == 0 || std::abs(value - 1 / 0.75) < 1e-6) << value;
  }
  EXPECT_NEAR(static_cast<double>(dropped) / n, 0.25, 0.015);  // seven deviations
  EXPECT_EQ(layer(ones, false).to_vector<double>(), ones.to_vector<double>());
}

TEST(Rescaling, TakesBytes) {
  const Tensor bytes(std::vector<std::uint8_t>{0, 51, 255}, Shape{1, 3});
  EXPECT_THAT(layers::Rescaling(1.0 / 255)(bytes).to_vector<double>(),
              ::testing::Pointwise(::testing::DoubleNear(1e-7), Values{0, 0.2, 1}));
}

}  // namespace
}  // namespace shoal
