// A training loop of one's own: a tape, gradients, and the optimizer's step. Here it adds what `fit` has no word for: a
// penalty on how strongly the loss changes with the input, which is a gradient of a gradient.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "shoal.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  int epochs = 2;
  std::int64_t batch_size = 64;
  double penalty = 0.1;
  std::uint64_t seed = 1;
  CLI::App options("Trains with a loop of its own on MNIST");
  options.add_option("--epochs", epochs, "Passes over the training images")->capture_default_str();
  options.add_option("--batch-size", batch_size, "Images in a step")->capture_default_str();
  options.add_option("--penalty", penalty, "Weight of the squared input gradient")->capture_default_str();
  options.add_option("--seed", seed, "Of the weights")->capture_default_str();
  CLI11_PARSE(options, argc, argv);

  utils::set_random_seed(seed);
  const auto [train, test] = datasets::mnist_12k::load_data();

  const KerasTensor image = Input({28, 28, 1}, {.name = "image"});
  const KerasTensor hidden = layers::Dense(64, {.activation = "tanh"})(layers::Flatten()(image));
  Model model(image, layers::Dense(10, {.activation = "softmax"})(hidden), "digits");
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  if (runtime.is_chief()) model.summary();

  for (int epoch = 0; epoch < epochs; ++epoch) {
    double sum = 0;
    for (std::int64_t at = 0; at < train.x.rows(); at += batch_size) {
      const std::int64_t end = std::min(at + batch_size, train.x.rows());
      const Tensor x = ops::cast(train.x.slice(at, end), DType::kFloat32) / 255.0;

      GradientTape tape({.persistent = true});
      tape.watch(x);
      const Tensor loss = ops::mean(ops::sparse_categorical_crossentropy(train.y.slice(at, end), model(x, true)));
      const Tensor slope = tape.gradient(loss, x);
      const Tensor total = loss + penalty * ops::sum(ops::square(slope));
      model.apply_gradients(tape.gradient(total, model.trainable_weights()));
      sum += loss.item() * static_cast<double>(end - at);
    }
    if (runtime.is_chief()) std::printf("epoch %d: loss %.4f\n", epoch + 1, sum / static_cast<double>(train.x.rows()));
  }

  const Tensor x_test = ops::cast(test.x, DType::kFloat32) / 255.0;
  const auto [loss, accuracy] = model.evaluate(x_test, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
