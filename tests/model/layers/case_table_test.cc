#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/data/random_seed.h"
#include "model/graph/node.h"
#include "model/layers/activations.h"
#include "model/layers/layers.h"
#include "tests/model/layers/cases.h"
#include "tests/model/layers/layer_rows.h"

namespace shoal {
namespace {

using testing::call_of;
using testing::layer_rows;
using testing::LayerCall;
using testing::LayerRow;
using testing::numbers;
using testing::Values;

// Layers made in the body compute in this dtype.
struct Floatx {
  explicit Floatx(DType dtype) { set_floatx(dtype); }
  ~Floatx() { set_floatx(DType::kFloat32); }
};

std::vector<Shape> shapes_of(const std::vector<Tensor>& tensors, bool symbolic) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) {
    std::vector<std::int64_t> dims = tensor.shape().dims();
    if (symbolic && !dims.empty()) dims[0] = kRows;
    shapes.emplace_back(std::move(dims));
  }
  return shapes;
}

struct Made {
  Layer layer;
  LayerCall call;
};

// Layers that draw have the seed that is next.
Made make(const LayerRow& row, DType dtype) {
  const Floatx scope(dtype);
  utils::set_random_seed(1);
  Made made{row.make(), call_of(row, dtype)};
  made.layer->ensure_built(shapes_of(made.call.inputs, true));
  testing::set_weights(made.layer);
  return made;
}

std::vector<Values> values_of(const std::vector<Tensor>& tensors) {
  std::vector<Values> values;
  for (const Tensor& tensor : tensors) values.push_back(tensor.to_vector<double>());
  return values;
}

std::vector<Values> outputs_of(const Made& made) {
  return values_of(made.layer.call(made.call.inputs, made.call.options));
}

// A sum of all floating outputs in which every element has a weight of its own.
Tensor mixed(const Layer& layer, const std::vector<Tensor>& inputs, const CallOptions& options) {
  Tensor sum;
  int seed = 90;
  for (const Tensor& output : layer.call(inputs, options)) {
    if (!is_floating(output.dtype())) continue;
    const Tensor term = ops::sum(output * numbers(output.shape(), output.dtype(), seed++));
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

class CaseTable : public ::testing::TestWithParam<LayerRow> {};

TEST_P(CaseTable, InfersTheShapesOfItsOutputs) {
  const Made made = make(GetParam(), DType::kFloat32);
  const std::vector<Tensor> outputs = made.layer.call(made.call.inputs, made.call.options);
  std::vector<Shape> shapes = shapes_of(outputs, true);
  // Arguments of the call, of which the shapes know nothing, may ask for more outputs.
  if (!GetParam().arguments.empty()) shapes.resize(1);
  EXPECT_EQ(made.layer->compute_output_shapes(shapes_of(made.call.inputs, true)), shapes);
}

TEST_P(CaseTable, ConfigMakesTheSameLayerAgain) {
  const LayerRow& row = GetParam();
  const Made made = make(row, DType::kFloat32);
  EXPECT_EQ(made.layer->class_name(), row.class_name);
  const nlohmann::json config = nlohmann::json::parse(made.layer->config().dump());
  utils::set_random_seed(1);
  const Made again{row.make(config), made.call};
  EXPECT_EQ(again.layer->config(), made.layer->config());
  again.layer->ensure_built(shapes_of(made.call.inputs, true));
  testing::set_weights(again.layer);
  ASSERT_EQ(again.layer->weights().size(), made.layer->weights().size());
  EXPECT_EQ(outputs_of(again), outputs_of(made));
}

TEST_P(CaseTable, Float32IsNearFloat64) {
  const auto narrow = outputs_of(make(GetParam(), DType::kFloat32)),
             wide = outputs_of(make(GetParam(), DType::kFloat64));
  ASSERT_EQ(narrow.size(), wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    double largest = 1e-30;
    for (const double value : wide[i]) largest = std::max(largest, std::abs(value));
    EXPECT_THAT(narrow[i], ::testing::Pointwise(::testing::DoubleNear(GetParam().float32 * largest), wide[i]));
  }
}

// An input of another rank is taken, or refused with an error that names the layer.
TEST_P(CaseTable, RefusesAWrongRankByName) {
  const LayerRow& row = GetParam();
  nlohmann::json config = row.config;
  config["name"] = "probe";
  for (int rank = 1; rank <= 6; ++rank) {
    std::vector<Shape> inputs = shapes_of(call_of(row, DType::kFloat32).inputs, true);
    if (rank == inputs[0].rank()) continue;
    std::vector<std::int64_t> dims = inputs[0].dims();
    dims.resize(static_cast<std::size_t>(rank), 4);
    inputs[0] = Shape(dims);
    try {
      row.make(config)->compute_output_shapes(inputs);
    } catch (const ValueError& error) {
      EXPECT_THAT(error.what(), ::testing::AnyOf(::testing::HasSubstr("probe"), ::testing::HasSubstr(row.class_name)))
          << "rank " << rank;
    }
  }
}

TEST_P(CaseTable, GradientsAreThoseOfCentralDifferences) {
  if (!GetParam().differentiable) return;
  const Made made = make(GetParam(), DType::kFloat64);
  const auto loss_at = [&](const std::vector<Tensor>& inputs) { return mixed(made.layer, inputs, made.call.options); };
  std::vector<Variable> trained;
  for (const Variable& weight : made.layer->weights())
    if (weight.trainable()) trained.push_back(weight);
  const std::vector<Values> of_inputs = values_of(gradients(loss_at(made.call.inputs), made.call.inputs));
  const std::vector<Values> of_weights = values_of(gradients(loss_at(made.call.inputs), trained));
  double largest = 1;
  for (const auto* list : {&of_inputs, &of_weights})
    for (const Values& values : *list)
      for (const double value : values) largest = std::max(largest, std::abs(value));

  const double step = 1e-6;
  const auto check = [&](const std::string& what, const Values& found, const Tensor& at,
                         const std::function<double(const Tensor&)>& loss) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto moved = [&](double by) {
        const Tensor values = at.clone();
        Tensor(values).mutable_data<double>()[i] += by;
        return loss(values);
      };
      const double difference = (moved(step) - moved(-step)) / (2 * step);
      ASSERT_NEAR(found[i], difference, 1e-7 * largest) << what << ", element " << i;
    }
  };
  for (std::size_t i = 0; i < made.call.inputs.size(); ++i) {
    if (!is_floating(made.call.inputs[i].dtype())) continue;
    check(fmt::format("input {}", i), of_inputs[i], made.call.inputs[i], [&](const Tensor& values) {
      std::vector<Tensor> inputs = made.call.inputs;
      inputs[i] = values;
      return loss_at(inputs).item();
    });
  }
  for (std::size_t i = 0; i < trained.size(); ++i) {
    const Tensor before = trained[i].value();
    check(trained[i].path(), of_weights[i], before, [&](const Tensor& values) {
      trained[i].assign(values);
      const double loss = loss_at(made.call.inputs).item();
      trained[i].assign(before);
      return loss;
    });
  }
}

std::string name_of_row(const ::testing::TestParamInfo<LayerRow>& info) {
  return fmt::format("{}_{}", info.param.class_name, info.index);
}

INSTANTIATE_TEST_SUITE_P(All, CaseTable, ::testing::ValuesIn(layer_rows()), name_of_row);

TEST(LayerTables, EveryRegisteredLayerHasARow) {
  std::set<std::string> classes;
  for (const testing::LayerCase& c : testing::layer_cases()) classes.insert(c.class_name);
  for (const LayerRow& row : layer_rows()) classes.insert(row.class_name);
  for (const std::string& name : layers::registered_layers())
    EXPECT_TRUE(!layers::is_built_in(name) || classes.count(name) == 1) << name << " has no row";
}

TEST(LayerTables, EveryActivationHasARow) {
  std::set<std::string> functions;
  for (const testing::LayerCase& c : testing::layer_cases())
    if (c.class_name == "Activation") functions.insert(c.what);
  for (const LayerRow& row : layer_rows())
    if (row.class_name == "Activation") functions.insert(row.config.at("activation"));
  for (const std::string& name : activations::registered())
    EXPECT_EQ(functions.count(name), 1) << name << " has no row";
}

}  // namespace
}  // namespace shoal
