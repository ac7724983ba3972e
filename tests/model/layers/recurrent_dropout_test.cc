#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "common/base/error.h"
#include "model/graph/trace.h"
#include "model/layers/layers.h"

// What recurrent layers drop in training: one draw for each row of a call, the same in every step of the sequence.
namespace shoal {
namespace {

constexpr std::int64_t kRowsOfBatch = 400, kTime = 3, kUnits = 10;

Tensor ones(const Shape& shape) {
  return Tensor(std::vector<float>(static_cast<std::size_t>(shape.elements()), 1.0f), shape);
}

Tensor identity() {
  Tensor matrix(Shape{kUnits, kUnits}, DType::kFloat32);
  for (std::int64_t i = 0; i < kUnits; ++i) matrix.mutable_data<float>()[i * kUnits + i] = 1;
  return matrix;
}

Tensor zeros(const Shape& shape) { return ones(shape) * 0.0; }

// [row][step][unit] of a batch of one sequence.
struct Sequence {
  std::vector<double> values;
  double at(std::int64_t row, std::int64_t step, std::int64_t unit) const {
    return values[static_cast<std::size_t>((row * kTime + step) * kUnits + unit)];
  }
};

double share_of_zeros(const Sequence& y, std::int64_t step) {
  double zeros = 0;
  for (std::int64_t row = 0; row < kRowsOfBatch; ++row)
    for (std::int64_t unit = 0; unit < kUnits; ++unit) zeros += y.at(row, step, unit) == 0 ? 1 : 0;
  return zeros / (kRowsOfBatch * kUnits);
}

// y = h W + x U with one of the two the identity, the other zero.
Sequence simple(const layers::SimpleRNNOptions& dropped, bool reads_input, std::int64_t step = 0) {
  layers::SimpleRNNOptions options = dropped;
  options.activation = "linear";
  options.use_bias = false;
  options.return_sequences = true;
  const Layer layer = layers::SimpleRNN(kUnits, options);
  layer->ensure_built({kRows, kTime, kUnits});
  Variable(layer->weights()[0]).assign(reads_input ? identity() : zeros({kUnits, kUnits}));
  Variable(layer->weights()[1]).assign(reads_input ? zeros({kUnits, kUnits}) : identity());
  const graph::EagerStep draws(step, 0);
  const Tensor x = ones({kRowsOfBatch, kTime, kUnits}), h = ones({kRowsOfBatch, kUnits});
  return {layer.call({x, h}, {.training = true})[0].to_vector<double>()};
}

TEST(RecurrentDropout, OfInputsIsOneDrawForAllSteps) {
  const Sequence y = simple({.dropout = 0.25, .seed = 3}, true);
  EXPECT_NEAR(share_of_zeros(y, 0), 0.25, 0.05);  // seven deviations
  std::set<double> rows;
  for (std::int64_t row = 0; row < kRowsOfBatch; ++row) {
    double pattern = 0;
    for (std::int64_t unit = 0; unit < kUnits; ++unit) {
      const double first = y.at(row, 0, unit);
      EXPECT_TRUE(first == 0 || std::abs(first - 1 / 0.75) < 1e-6) << first;
      for (std::int64_t step = 1; step < kTime; ++step) EXPECT_EQ(y.at(row, step, unit), first);
      pattern = 2 * pattern + (first == 0 ? 1 : 0);
    }
    rows.insert(pattern);
  }
  EXPECT_GT(rows.size(), 50u);  // every row has a draw of its own
}

TEST(RecurrentDropout, OfStatesIsOneDrawForAllSteps) {
  const Sequence y = simple({.recurrent_dropout = 0.25, .seed = 3}, false);
  EXPECT_NEAR(share_of_zeros(y, 0), 0.25, 0.05);
  EXPECT_EQ(share_of_zeros(y, 2), share_of_zeros(y, 0));  // what is left is left in every step
  for (std::int64_t row = 0; row < kRowsOfBatch; ++row)
    for (std::int64_t step = 0; step < kTime; ++step) {
      const double value = y.at(row, step, 0);
      const double kept = std::pow(1 / 0.75, static_cast<double>(step + 1));
      EXPECT_NEAR(value, value == 0 ? 0 : kept, 1e-5);
    }
}

TEST(RecurrentDropout, IsDrawnAnewInEveryTrainingStepAndFromItsSeed) {
  const layers::SimpleRNNOptions options{.dropout = 0.25, .seed = 3};
  EXPECT_EQ(simple(options, true).values, simple(options, true).values);
  EXPECT_NE(simple(options, true, 1).values, simple(options, true).values);
  EXPECT_NE(simple({.dropout = 0.25, .seed = 4}, true).values, simple(options, true).values);
  const Layer layer = layers::SimpleRNN(4, {.dropout = 0.5, .recurrent_dropout = 0.5});
  const Tensor x = ones({3, kTime, 2});
  EXPECT_EQ(layer(x).to_vector<double>(), layer(x).to_vector<double>());  // nothing in inference
}

// The three gates that one step of an LSTM multiplies see one draw of the input, or with dropped states, as in Keras,
// a draw each: h = i g o, each 0 or 2.
TEST(RecurrentDropout, GivesGatesDrawsOfTheirOwnOnlyBesideDroppedStates) {
  const auto share = [](double recurrent_dropout) {
    const Layer layer = layers::LSTM(kUnits, {.activation = "linear",
                                              .recurrent_activation = "linear",
                                              .use_bias = false,
                                              .dropout = 0.5,
                                              .recurrent_dropout = recurrent_dropout,
                                              .seed = 5});
    layer->ensure_built({kRows, 1, kUnits});
    Variable(layer->weights()[0]).assign(ops::concatenate(std::vector<Tensor>(4, identity()), 1));
    const Tensor y = layer(ones({kRowsOfBatch, 1, kUnits}), true);
    double zeros = 0;
    for (const double value : y.to_vector<double>()) {
      EXPECT_TRUE(value == 0 || std::abs(value - 8) < 1e-4) << value;
      zeros += value == 0 ? 1 : 0;
    }
    return zeros / (kRowsOfBatch * kUnits);
  };
  EXPECT_NEAR(share(0), 0.5, 0.055);
  EXPECT_NEAR(share(0.5), 0.875, 0.04);
}

TEST(SpatialDropout, DropsWholeChannelsWhereverTheyStand) {
  for (const bool first : {false, true}) {
    const Layer layer =
        layers::SpatialDropout2D(0.5, {.data_format = first ? "channels_first" : "channels_last", .seed = 2});
    const auto y = layer(ones({50, 2, 2, 2}), true).to_vector<double>();
    for (std::size_t row = 0; row < 50; ++row)
      for (std::size_t channel = 0; channel < 2; ++channel)
        for (std::size_t place = 0; place < 4; ++place) {
          const auto at = [&](std::size_t p) { return y[row * 8 + (first ? channel * 4 + p : p * 2 + channel)]; };
          EXPECT_EQ(at(place), at(0));
        }
    EXPECT_GT(std::count(y.begin(), y.end(), 0.0), 100);
    EXPECT_LT(std::count(y.begin(), y.end(), 0.0), 300);
  }
}

TEST(RecurrentLayers, RefuseToBeStateful) {
  try {
    layers::layer_from_config("LSTM", {{"units", 2}, {"stateful", true}});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ValueError& error) {
    EXPECT_NE(std::string(error.what()).find("LSTM: stateful"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace shoal
