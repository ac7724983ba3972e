// A convolutional network learns handwritten digits from the part of MNIST that comes with Shoal. Alone, or as
//   shoal run --workers 2 --servers 2 quickstart
#include <CLI/CLI.hpp>
#include <cstdio>

#include "shoal.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  int epochs = 5;
  std::int64_t batch_size = 32;
  std::uint64_t seed = 1;
  std::string save;
  CLI::App options("Learns handwritten digits in half a minute");
  options.add_option("--epochs", epochs, "Passes over the training images")->capture_default_str();
  options.add_option("--batch-size", batch_size, "Images a step, over all workers")->capture_default_str();
  options.add_option("--seed", seed, "Of weights and order")->capture_default_str();
  options.add_option("--save", save, "File for the trained network (.keras)");
  CLI11_PARSE(options, argc, argv);

  utils::set_random_seed(seed);
  const auto [train, test] = datasets::mnist_12k::load_data();

  Sequential model;
  model.add(layers::Rescaling(1.0 / 255, {.input_shape = {28, 28, 1}}));
  model.add(layers::Conv2D(32, {3, 3}, {.activation = "relu"}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::Flatten());
  model.add(layers::Dense(64, {.activation = "relu"}));
  model.add(layers::Dense(10, {.activation = "softmax"}));
  model.summary();
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train.x, train.y, {.epochs = epochs, .batch_size = batch_size});
  if (!save.empty()) model.save(save);

  const auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
