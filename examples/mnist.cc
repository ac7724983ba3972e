// The whole of MNIST: 60,000 images to learn from, 10,000 to be tested with. Alone, or as
//   shoal run --workers 2 --servers 2 mnist
#include <cstdio>

#include "command_line.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns the digits of MNIST", 3, 32);
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto digits = datasets::mnist::load_data();
  const Dataset train = line.part(digits.train), test = line.part(digits.test);

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
  FitOptions options = line.fit_options(runtime);
  options.validation_data = test;
  model.fit(train.x, train.y, options);

  const auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
