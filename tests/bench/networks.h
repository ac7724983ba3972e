#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "shoal.h"

// The networks that Shoal and its peers are timed on, with random data of the right shape.
namespace shoal::bench {

struct Network {
  std::unique_ptr<Sequential> model;
  std::string loss;
  Tensor x, y;
  double megaflops = 0;  // per sample and training step: forward, both gradients, no input gradient of the first layer
};

inline Tensor random_images(std::int64_t rows, std::vector<std::int64_t> row_shape) {
  row_shape.insert(row_shape.begin(), rows);
  Tensor x(Shape(row_shape), DType::kFloat32);
  random::Generator generator(1);
  auto* values = x.mutable_data<float>();
  for (std::int64_t i = 0; i < x.shape().elements(); ++i) values[i] = random::uniform_float(generator.next());
  return x;
}

inline Tensor random_labels(std::int64_t rows) {
  Tensor y(Shape{rows}, DType::kInt64);
  random::Generator generator(2);
  auto* values = y.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) values[i] = static_cast<std::int64_t>(generator.below(10));
  return y;
}

// How many samples an epoch has.
inline std::int64_t samples_of(const std::string& name, std::int64_t batch) {
  if (name == "cnn") return 4096;
  if (name == "lenet") return 8192;
  if (name == "mlp") return batch < 100 ? 16384 : 32768;
  raise<ValueError>("model: one of cnn, lenet, mlp, received {}", name);
}

// `name`: cnn (32x32x3, three convolutions), lenet (28x28x1, two convolutions, Dropout), mlp (784-512-512-10).
inline Network make_network(const std::string& name, std::int64_t samples) {
  using namespace layers;
  Network network;
  const Tensor labels = random_labels(samples);
  if (name == "cnn") {
    network.model.reset(new Sequential({
        Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {32, 32, 3}}),
        MaxPooling2D({2, 2}),
        Conv2D(64, {3, 3}, {.activation = "relu"}),
        MaxPooling2D({2, 2}),
        Conv2D(64, {3, 3}, {.activation = "relu"}),
        Flatten(),
        Dense(64, {.activation = "relu"}),
        Dense(10, {.activation = "softmax"}),
    }));
    network.loss = "categorical_crossentropy";
    network.x = random_images(samples, {32, 32, 3});
    network.y = utils::to_categorical(labels, 10);
    network.megaflops = 25.7;
  } else if (name == "lenet") {
    network.model.reset(new Sequential({
        Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {28, 28, 1}}),
        MaxPooling2D({2, 2}),
        Conv2D(64, {3, 3}, {.activation = "relu"}),
        MaxPooling2D({2, 2}),
        Flatten(),
        Dropout(0.5),
        Dense(10, {.activation = "softmax"}),
    }));
    network.loss = "sparse_categorical_crossentropy";
    network.x = random_images(samples, {28, 28, 1});
    network.y = labels;
    network.megaflops = 14.3;
  } else if (name == "mlp") {
    network.model.reset(new Sequential({
        Dense(512, {.activation = "relu", .input_shape = {784}}),
        Dense(512, {.activation = "relu"}),
        Dense(10, {.activation = "softmax"}),
    }));
    network.loss = "sparse_categorical_crossentropy";
    network.x = random_images(samples, {784});
    network.y = labels;
    network.megaflops = 3.21;
  } else {
    raise<ValueError>("model: one of cnn, lenet, mlp, received {}", name);
  }
  return network;
}

}  // namespace shoal::bench
