// Small colour images of ten kinds: 50,000 to learn from, 10,000 to be tested with. Alone, or as
//   shoal run --workers 2 --servers 2 cifar10
#include <CLI/CLI.hpp>
#include <cstdio>

#include "shoal.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  int epochs = 10;
  std::int64_t batch_size = 32;
  std::uint64_t seed = 1;
  std::string checkpoints;
  CLI::App options("Learns the images of CIFAR-10");
  options.add_option("--epochs", epochs, "Passes over the training images")->capture_default_str();
  options.add_option("--batch-size", batch_size, "Images a step, over all workers")->capture_default_str();
  options.add_option("--seed", seed, "Of weights and order")->capture_default_str();
  options.add_option("--checkpoints", checkpoints,
                     "Directory; with --resume the run goes on from its newest checkpoint");
  CLI11_PARSE(options, argc, argv);

  utils::set_random_seed(seed);
  const auto [train, test] = datasets::cifar10::load_data();
  const Tensor x_train = train.x.astype(DType::kFloat32) / 255, y_train = utils::to_categorical(train.y, 10);
  const Tensor x_test = test.x.astype(DType::kFloat32) / 255, y_test = utils::to_categorical(test.y, 10);

  Sequential model;
  model.add(layers::Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {32, 32, 3}}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::MaxPooling2D({2, 2}));
  model.add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
  model.add(layers::Flatten());
  model.add(layers::Dense(64, {.activation = "relu"}));
  model.add(layers::Dense(10, {.activation = "softmax"}));
  model.summary();
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  auto history = model.fit(x_train, y_train,
                           {.epochs = epochs,
                            .batch_size = batch_size,
                            .checkpoint = CheckpointOptions{.directory = checkpoints},
                            .resume = runtime.resume()});
  auto [loss, accuracy] = model.evaluate(x_test, y_test);
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
