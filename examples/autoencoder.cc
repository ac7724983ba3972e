// A convolutional autoencoder takes noise off the digits of MNIST. Alone, or as
//   shoal run --workers 2 --servers 1 autoencoder
#include <cmath>
#include <cstdio>
#include <random>

#include "command_line.h"

using namespace shoal;

namespace {

// With noise of a normal distribution, `sigma` of the range from black to white.
Tensor with_noise(const Tensor& images, double sigma, std::uint64_t seed) {
  Tensor result(images.shape(), DType::kUInt8);
  std::mt19937_64 random(seed);
  std::normal_distribution<float> noise(0, static_cast<float>(255 * sigma));
  const auto* from = images.data<std::uint8_t>();
  auto* to = result.mutable_data<std::uint8_t>();
  for (std::int64_t i = 0; i < images.shape().elements(); ++i)
    to[i] = static_cast<std::uint8_t>(std::lround(std::clamp(static_cast<float>(from[i]) + noise(random), 0.f, 255.f)));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns to take noise off the digits of MNIST", 3, 128);
  double sigma = 0.4;
  line.add_option("--noise", sigma, "Its standard deviation; white is 1")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto [train, test] = datasets::mnist::load_data();
  const Tensor clean_train = line.part(train.x), clean_test = line.part(test.x);
  const Tensor x_train = with_noise(clean_train, sigma, line.seed),
               x_test = with_noise(clean_test, sigma, line.seed + 1);
  const Tensor y_train = clean_train.astype(DType::kFloat32) / 255, y_test = clean_test.astype(DType::kFloat32) / 255;

  Sequential model({
      layers::Rescaling(1.0 / 255, {.input_shape = {28, 28, 1}}),
      layers::Conv2D(32, {3, 3}, {.padding = "same", .activation = "relu"}),
      layers::MaxPooling2D({2, 2}, {.padding = "same"}),
      layers::Conv2D(32, {3, 3}, {.padding = "same", .activation = "relu"}),
      layers::MaxPooling2D({2, 2}, {.padding = "same"}),
      layers::Conv2DTranspose(32, {3, 3}, {.strides = {2, 2}, .padding = "same", .activation = "relu"}),
      layers::Conv2DTranspose(32, {3, 3}, {.strides = {2, 2}, .padding = "same", .activation = "relu"}),
      layers::Conv2D(1, {3, 3}, {.padding = "same", .activation = "sigmoid"}),
  });
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"mse"}});
  model.summary();
  model.fit(x_train, y_train, line.fit_options(runtime));

  const auto [loss, error] = model.evaluate(x_test, y_test, {.batch_size = 128, .verbose = 0});
  const Tensor noise = x_test.astype(DType::kFloat32) / 255 - y_test;
  const double before = ops::mean(ops::square(noise)).item();
  if (runtime.is_chief())
    std::printf("test loss %.4f, mean squared error %.4f, with the noise %.4f\n", loss, error, before);
}
