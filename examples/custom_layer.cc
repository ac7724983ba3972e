// A layer and a loss of one's own, written with ops only: there is no backward code, gradients are derived.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "shoal.h"

using namespace shoal;

namespace {

// A dense layer whose outputs pass gates that are learned too: y = (x W + b) sigmoid(x V + c), (rows, n) -> (rows,
// units).
class GatedDense : public LayerImpl {
 public:
  explicit GatedDense(std::int64_t units) : units_(units) {}

  std::string class_name() const override { return "GatedDense"; }
  nlohmann::json get_config() const override { return {{"units", units_}}; }

  void build(const Shape& input) override {
    kernel_ = add_weight("kernel", {input[-1], units_}, "glorot_uniform");
    bias_ = add_weight("bias", {units_}, "zeros");
    gate_kernel_ = add_weight("gate_kernel", {input[-1], units_}, "glorot_uniform");
    gate_bias_ = add_weight("gate_bias", {units_}, "zeros");
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    const auto linear = [&](const Variable& kernel, const Variable& bias) {
      return ops::matmul(x, ops::convert_to_tensor(kernel)) + ops::convert_to_tensor(bias);
    };
    return linear(kernel_, bias_) * ops::sigmoid(linear(gate_kernel_, gate_bias_));
  }

 private:
  std::int64_t units_;
  Variable kernel_, bias_, gate_kernel_, gate_bias_;
};

// Cross-entropy that cares less for what is already known: -sum(y (1 - p)^2 log p), a value a row.
Tensor focal_loss(const Tensor& y, const Tensor& prediction) {
  const Tensor p = ops::clip(prediction, 1e-7, 1 - 1e-7);
  return -ops::sum(y * ops::square(1.0 - p) * ops::log(p), {-1});
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  int epochs = 5;
  std::uint64_t seed = 1;
  CLI::App options("Trains a layer and a loss that Shoal does not know");
  options.add_option("--epochs", epochs, "Passes over the training images")->capture_default_str();
  options.add_option("--seed", seed, "Of weights and order")->capture_default_str();
  CLI11_PARSE(options, argc, argv);

  utils::set_random_seed(seed);
  const auto [train, test] = datasets::mnist_12k::load_data();
  const Tensor y_train = utils::to_categorical(train.y, 10), y_test = utils::to_categorical(test.y, 10);

  Sequential model({
      layers::Rescaling(1.0 / 255, {.input_shape = {28, 28, 1}}),
      layers::Flatten(),
      make_layer<GatedDense>(128),
      layers::Dense(10, {.activation = "softmax"}),
  });
  model.compile({.optimizer = "adam", .loss = focal_loss, .metrics = {"accuracy"}});
  model.fit(train.x, y_train, {.epochs = epochs});

  const auto [loss, accuracy] = model.evaluate(test.x, y_test, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
