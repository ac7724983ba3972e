// ResNet-20 (He et al., "Deep Residual Learning for Image Recognition", 2015, section 4.2) on CIFAR-10, with pictures
// moved and mirrored anew in each epoch, and a learning rate that rises, then falls to nothing. Alone, or as
//   shoal run --workers 2 --servers 1 resnet20
#include <cstdio>
#include <random>

#include "command_line.h"

using namespace shoal;

namespace {

constexpr std::int64_t kSide = 32, kChannels = 3, kShift = 4;

// conv -> batch normalization (-> ReLU).
KerasTensor convolved(const KerasTensor& x, std::int64_t filters, std::int64_t size, std::int64_t stride, bool relu) {
  const KerasTensor y = layers::Conv2D(filters, {size, size},
                                       {.strides = {stride, stride},
                                        .padding = "same",
                                        .use_bias = false,
                                        .kernel_initializer = "he_normal",
                                        .kernel_regularizer = regularizers::L2(1e-4)})(x);
  const KerasTensor normal = layers::BatchNormalization()(y);
  return relu ? layers::Activation("relu")(normal) : normal;
}

KerasTensor residual_block(const KerasTensor& x, std::int64_t filters, std::int64_t stride) {
  const KerasTensor inner = convolved(convolved(x, filters, 3, stride, true), filters, 3, 1, false);
  const KerasTensor shortcut = stride == 1 ? x : convolved(x, filters, 1, stride, false);
  return layers::Activation("relu")(layers::Add()({inner, shortcut}));
}

Model resnet20() {
  const KerasTensor image = Input({kSide, kSide, kChannels}, {.name = "image"});
  KerasTensor x = convolved(layers::Rescaling(1 / 127.5, {.offset = -1})(image), 16, 3, 1, true);
  for (const std::int64_t filters : {16, 32, 64})
    for (int block = 0; block < 3; ++block) x = residual_block(x, filters, filters > 16 && block == 0 ? 2 : 1);
  x = layers::GlobalAveragePooling2D()(x);
  return Model(image, layers::Dense(10, {.activation = "softmax", .kernel_initializer = "he_normal"})(x), "resnet20");
}

// Each picture moved by up to four pixels down and right, black where nothing was, and every second one mirrored.
Tensor augmented(const Tensor& images, std::uint64_t seed) {
  Tensor result(images.shape(), DType::kUInt8);
  std::mt19937_64 random(seed);
  const auto* from = images.data<std::uint8_t>();
  auto* to = result.mutable_data<std::uint8_t>();
  constexpr std::int64_t kBytes = kSide * kSide * kChannels;
  for (std::int64_t n = 0; n < images.rows(); ++n, from += kBytes, to += kBytes) {
    const auto draw = random();
    const std::int64_t down = static_cast<std::int64_t>(draw % (2 * kShift + 1)) - kShift;
    const std::int64_t right = static_cast<std::int64_t>(draw / 16 % (2 * kShift + 1)) - kShift;
    const bool mirrored = (draw >> 63) == 1;
    for (std::int64_t y = std::max<std::int64_t>(0, down); y < kSide + std::min<std::int64_t>(0, down); ++y)
      for (std::int64_t x = std::max<std::int64_t>(0, right); x < kSide + std::min<std::int64_t>(0, right); ++x) {
        const std::int64_t column = mirrored ? kSide - 1 - (x - right) : x - right;
        std::memcpy(to + (y * kSide + x) * kChannels, from + ((y - down) * kSide + column) * kChannels, kChannels);
      }
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns the images of CIFAR-10 with a residual network", 4, 128);
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto images = datasets::cifar10::load_data();
  const Dataset train = line.part(images.train), test = line.part(images.test);

  Model model = resnet20();
  const std::int64_t steps = line.epochs * ((train.x.rows() + line.batch_size - 1) / line.batch_size);
  const LearningRate rate =
      optimizers::schedules::CosineDecay(0.01, steps - steps / 8, {.warmup_target = 0.1, .warmup_steps = steps / 8});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = rate, .momentum = 0.9, .nesterov = true}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.summary();

  FitOptions options = line.fit_options(runtime);
  for (int epoch = 0; epoch < line.epochs; ++epoch) {  // one call of fit for each, with pictures of its own
    options.initial_epoch = epoch;
    options.epochs = epoch + 1;
    model.fit(augmented(train.x, line.seed * 1000 + static_cast<std::uint64_t>(epoch)), train.y, options);
  }
  const auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
