#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "shoal.h"

// The networks that Shoal and its peers are timed on, with data of the right shape that can be learned: where zeros are
// skipped, speed depends on how many there are, and noise has more of them than a trained network.
namespace shoal::bench {

struct Network {
  std::unique_ptr<Sequential> model;
  Loss loss = "sparse_categorical_crossentropy";
  std::string optimizer = "adam";
  std::vector<Metric> metrics{"accuracy"};
  Tensor x, y;
  double megaflops = 0;  // per sample and training step: forward, both gradients, no input gradient of the first layer
  // Layers whose positive outputs are those that get a gradient: the last before or behind the pooling.
  std::vector<int> rectified;
};

inline Tensor random_labels(std::int64_t rows) {
  Tensor y(Shape{rows}, DType::kInt64);
  random::Generator generator(2);
  auto* values = y.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) values[i] = static_cast<std::int64_t>(generator.below(10));
  return y;
}

// Smooth pictures, as photographs are: each label has four waves in each channel, seen from somewhere else in each row
// and under some noise. `row_shape`: (height, width, channels), or a square in one piece.
inline Tensor pictures(const Tensor& labels, std::vector<std::int64_t> row_shape) {
  const std::int64_t rows = labels.rows();
  std::int64_t size = 1;
  for (std::int64_t dim : row_shape) size *= dim;
  const bool flat = row_shape.size() == 1;
  const std::int64_t width = flat ? std::max<std::int64_t>(1, std::llround(std::sqrt(size))) : row_shape[1];
  const std::int64_t channels = flat ? 1 : row_shape[2];
  row_shape.insert(row_shape.begin(), rows);
  Tensor x(Shape(row_shape), DType::kFloat32);
  random::Generator generator(1);
  const auto uniform = [&] { return random::uniform_float(generator.next()); };
  struct Wave {
    float down, right, phase;
  };
  std::vector<Wave> waves(static_cast<std::size_t>(10 * channels * 4));
  for (Wave& wave : waves) wave = {uniform() - 0.5f, uniform() - 0.5f, 6.28f * uniform()};
  // One period and more of each picture, of which every row shows a part.
  const std::int64_t most = 8, wide = width + most, high = size / channels / width + most;
  std::vector<float> all(static_cast<std::size_t>(10 * high * wide * channels));
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(all.size()); ++i) {
    const std::int64_t c = i % channels, right = i / channels % wide, down = i / channels / wide % high;
    const std::int64_t label = i / channels / wide / high;
    float sum = 0;
    for (std::int64_t w = 0; w < 4; ++w) {
      const Wave& wave = waves[static_cast<std::size_t>((label * channels + c) * 4 + w)];
      sum += std::cos(wave.down * static_cast<float>(down) + wave.right * static_cast<float>(right) + wave.phase);
    }
    all[static_cast<std::size_t>(i)] = 0.5f + 0.1f * sum;
  }
  const auto* label = labels.data<std::int64_t>();
  auto* values = x.mutable_data<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto down = static_cast<std::int64_t>(generator.below(most)),
               right = static_cast<std::int64_t>(generator.below(most));
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t y = i / channels / width + down, from = ((label[r] * high + y) * wide + right) * channels;
      values[r * size + i] = all[static_cast<std::size_t>(from + i % (width * channels))] + 0.2f * (uniform() - 0.5f);
    }
  }
  return x;
}

// Sequences of words, and whether the last one comes from the first half of the vocabulary: (rows, 1).
inline std::pair<Tensor, Tensor> random_texts(std::int64_t rows, std::int64_t steps, std::uint64_t words) {
  Tensor x(Shape{rows, steps}, DType::kInt32), y(Shape{rows, 1}, DType::kInt64);
  random::Generator generator(3);
  auto* ids = x.mutable_data<std::int32_t>();
  for (std::int64_t i = 0; i < rows * steps; ++i) ids[i] = static_cast<std::int32_t>(generator.below(words));
  for (std::int64_t row = 0; row < rows; ++row)
    y.mutable_data<std::int64_t>()[row] = ids[row * steps + steps - 1] < static_cast<std::int32_t>(words / 2) ? 1 : 0;
  return {x, y};
}

inline Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor p = ops::clip(y_pred, 1e-7, 1 - 1e-7);
  return ops::mean(-(y_true * ops::log(p) + (1.0 - y_true) * ops::log(1.0 - p)), {-1});
}

constexpr const char* kModels = "cnn, lenet, mlp, bigmlp, lstm, tiny";

// How many samples an epoch has.
inline std::int64_t samples_of(const std::string& name, std::int64_t batch) {
  if (name == "cnn") return 4096;
  if (name == "lenet") return 8192;
  if (name == "mlp") return batch < 100 ? 16384 : 32768;
  if (name == "lstm") return 2048;
  if (name == "bigmlp") return 512;
  if (name == "tiny") return 8192;
  raise<ValueError>("model: one of {}, received {}", kModels, name);
}

// `name`: cnn (32x32x3, three convolutions), lenet (28x28x1, two convolutions, Dropout), mlp (784-512-512-10), bigmlp
// (4096-4096-4096-4096-10), lstm (80 words of 20000, Embedding 128, LSTM 64), tiny (ten Dense layers of 8 units, SGD:
// what a step costs beside its arithmetic).
inline Network make_network(const std::string& name, std::int64_t samples) {
  using namespace layers;
  Network network;
  const Tensor labels = random_labels(samples);
  network.y = labels;
  std::vector<Layer> stack;
  std::vector<std::int64_t> row;
  if (name == "cnn") {
    row = {32, 32, 3};
    stack = {Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
             Conv2D(64, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
             Conv2D(64, {3, 3}, {.activation = "relu"}), Flatten(),
             Dense(64, {.activation = "relu"})};
    network.loss = "categorical_crossentropy";
    network.y = utils::to_categorical(labels, 10);
    network.megaflops = 25.7;
    network.rectified = {1, 3, 4};
  } else if (name == "lenet") {
    row = {28, 28, 1};
    stack = {Conv2D(32, {3, 3}, {.activation = "relu"}),
             MaxPooling2D({2, 2}),
             Conv2D(64, {3, 3}, {.activation = "relu"}),
             MaxPooling2D({2, 2}),
             Flatten(),
             Dropout(0.5)};
    network.megaflops = 14.3;
    network.rectified = {1, 3};
  } else if (name == "mlp") {
    row = {784};
    stack = {Dense(512, {.activation = "relu"}), Dense(512, {.activation = "relu"})};
    network.megaflops = 3.21;
    network.rectified = {0, 1};
  } else if (name == "bigmlp") {
    row = {4096};
    for (int i = 0; i < 3; ++i) stack.push_back(Dense(4096, {.activation = "relu"}));
    network.megaflops = 268;
    network.rectified = {0, 1, 2};
  } else if (name == "lstm") {
    stack = {Embedding(20000, 128, {.input_shape = {80}}), LSTM(64), Dense(1, {.activation = "sigmoid"})};
    network.loss = Loss(binary_crossentropy, "binary_crossentropy");
    std::tie(network.x, network.y) = random_texts(samples, 80, 20000);
    network.megaflops = 23.6;
  } else if (name == "tiny") {
    row = {8};
    for (int i = 0; i < 10; ++i) stack.push_back(Dense(8));
    network.loss = "mean_squared_error";
    network.optimizer = "sgd";
    network.metrics.clear();
    network.y = pictures(labels, row);
    network.megaflops = 10 * 3 * 2 * 64 * 1e-6;
  } else {
    raise<ValueError>("model: one of {}, received {}", kModels, name);
  }
  if (!row.empty()) {
    if (name != "tiny") stack.push_back(Dense(10, {.activation = "softmax"}));
    stack.insert(stack.begin(), layers::Input(Shape(row)));
    network.x = pictures(labels, row);
  }
  network.model.reset(new Sequential(stack));
  return network;
}

// The share of positive outputs of each rectified layer, for the first rows of the data.
inline std::vector<double> positive_shares(const Network& network) {
  const auto& layers = network.model->layers();
  const Tensor x = network.x.slice(0, std::min<std::int64_t>(256, network.x.rows()));
  std::vector<double> shares;
  for (int last : network.rectified) {
    std::vector<std::int64_t> row = x.shape().dims();
    row.erase(row.begin());
    Sequential part({layers::Input(Shape(row))});
    for (int i = 0; i <= last; ++i) part.add(layers[static_cast<std::size_t>(i)]);
    const Tensor y = part.predict(x);
    std::int64_t positive = 0;
    for (std::int64_t i = 0; i < y.shape().elements(); ++i) positive += y.data<float>()[i] > 0;
    shares.push_back(static_cast<double>(positive) / static_cast<double>(y.shape().elements()));
  }
  return shares;
}

}  // namespace shoal::bench
