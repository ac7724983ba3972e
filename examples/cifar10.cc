// Small colour images of ten kinds: 50,000 to learn from, 10,000 to be tested with. Alone, or as
//   shoal run --workers 2 --servers 2 cifar10
#include <cstdio>

#include "command_line.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns the images of CIFAR-10", 10, 32);
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto images = datasets::cifar10::load_data();
  const Dataset train = line.part(images.train), test = line.part(images.test);
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
  model.fit(x_train, y_train, line.fit_options(runtime));
  auto [loss, accuracy] = model.evaluate(x_test, y_test);
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
