// The whole of MNIST: 60,000 images to learn from, 10,000 to be tested with. Alone, or as
//   shoal run --workers 2 --servers 2 mnist
#include <CLI/CLI.hpp>
#include <cstdio>

#include "shoal.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  int epochs = 3;
  std::int64_t batch_size = 32;
  std::uint64_t seed = 1;
  std::string checkpoints;
  CLI::App options("Learns the digits of MNIST");
  options.add_option("--epochs", epochs, "Passes over the training images")->capture_default_str();
  options.add_option("--batch-size", batch_size, "Images a step, over all workers")->capture_default_str();
  options.add_option("--seed", seed, "Of weights and order")->capture_default_str();
  options.add_option("--checkpoints", checkpoints,
                     "Directory; with --resume the run goes on from its newest checkpoint");
  CLI11_PARSE(options, argc, argv);

  utils::set_random_seed(seed);
  const auto [train, test] = datasets::mnist::load_data();

  Sequential model({
      layers::Rescaling(1.0 / 255, {.input_shape = {28, 28, 1}}),
      layers::Conv2D(32, {3, 3}, {.activation = "relu"}),
      layers::MaxPooling2D({2, 2}),
      layers::Conv2D(64, {3, 3}, {.activation = "relu"}),
      layers::MaxPooling2D({2, 2}),
      layers::Conv2D(64, {3, 3}, {.activation = "relu"}),
      layers::Flatten(),
      layers::Dense(64, {.activation = "relu"}),
      layers::Dense(10, {.activation = "softmax"}),
  });
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train.x, train.y,
            {.epochs = epochs,
             .batch_size = batch_size,
             .validation_data = test,
             .checkpoint = CheckpointOptions{.directory = checkpoints},
             .resume = runtime.resume()});

  const auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
