#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "model/autograd/gradients.h"
#include "model/kernels/table.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"

// Residual blocks: what a plan makes of convolutions, batch normalizations, additions and ReLU, and that it computes
// the same.
namespace shoal {
namespace {

constexpr std::int64_t kSide = 8, kChannels = 16;

Tensor values(const Shape& shape, DType dtype, std::uint64_t seed) {
  random::Generator generator(seed);
  Tensor made(shape, DType::kFloat64);
  for (std::int64_t i = 0; i < shape.elements(); ++i) made.mutable_data<double>()[i] = generator.uniform() - 0.5;
  return made.astype(dtype);
}

// Two blocks of two convolutions each; the second block's shortcut is a normalized projection if `projects`.
class Residual {
 public:
  Residual(DType dtype, bool projects) : dtype_(dtype), rows_(dtype == DType::kFloat32 ? 13 : 5) {
    for (int i = 0; i < 4 + (projects ? 1 : 0); ++i) {
      const auto seed = static_cast<std::uint64_t>(10 * i);
      const std::int64_t size = i == 4 ? 1 : 3;
      weights_.emplace_back(values({size, size, kChannels, kChannels}, dtype, seed), "kernel");
      weights_.emplace_back(values({kChannels}, dtype, seed + 1), "bias");
      weights_.emplace_back(values({kChannels}, dtype, seed + 2), "gamma");
      weights_.emplace_back(values({kChannels}, dtype, seed + 3), "beta");
    }
    space_ = std::make_unique<ParameterSpace>(weights_, heap_arena);
    const Tensor x = trace_.input("x", {kRows, kSide, kSide, kChannels}, dtype);
    input_ = values({rows_, kSide, kSide, kChannels}, dtype, 99);
    Tensor h = ops::relu(normalized(x, 0));
    for (std::size_t block : {0, 1}) {
      const Tensor inner = ops::relu(normalized(h, 2 * block));
      const Tensor shortcut = projects && block == 1 ? normalized(h, 4) : h;
      h = ops::relu(normalized(inner, 2 * block + 1) + shortcut);
    }
    const Tensor loss = ops::mean(ops::square(h + 0.25));
    const auto found = gradients(loss, weights_);
    for (std::size_t i = 0; i < weights_.size(); ++i) trace_.add_gradient(weights_[i], found[i]);
    outputs_ = {loss, h};
  }

  // Each tensor that is left, as numbers.
  std::vector<std::vector<double>> run(const plan::Options& options) {
    const auto plan = plan::Plan::compile(trace_, outputs_, options);
    text = plan->describe();
    plan->run({input_.raw()}, {.rows = rows_, .inverse_rows = 1.0 / static_cast<double>(rows_)}, nullptr);
    std::vector<std::vector<double>> all;
    const auto add = [&](const void* from, std::int64_t count) {
      all.emplace_back();
      for (std::int64_t i = 0; i < count; ++i)
        all.back().push_back(dtype_ == DType::kFloat64 ? static_cast<const double*>(from)[i]
                                                       : static_cast<const float*>(from)[i]);
    };
    add(plan->output(0), 1);
    add(plan->output(1), plan->output_shape(1).elements());
    for (const Variable& w : weights_) add(w.gradient(), static_cast<std::int64_t>(w.size()));
    return all;
  }

  std::string name(std::size_t tensor) const { return tensor < 2 ? "output" : weights_[tensor - 2].path(); }
  std::string text;

 private:
  Tensor normalized(const Tensor& x, std::size_t layer) {
    const auto weight = [&](std::size_t i) { return graph::read(weights_[4 * layer + i]); };
    const Tensor z = ops::conv(x, weight(0), {1, 1}, "same") + weight(1);
    const auto [mean, variance] =
        ops::moments_of_axis(z, -1, Tensor(std::vector<double>(kChannels, 0.1), {kChannels}).astype(dtype_));
    return ops::batch_normalization(z, mean, variance, -1, weight(3), weight(2), 1e-3);
  }

  DType dtype_;
  std::int64_t rows_;
  std::vector<Variable> weights_;
  std::unique_ptr<ParameterSpace> space_;
  graph::Trace trace_{true};
  Tensor input_;
  std::vector<Tensor> outputs_;
};

class ResidualTest : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

TEST_F(ResidualTest, FusionChangesNothingBeyondRounding) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    for (const bool projects : {false, true}) {
      Residual model(dtype, projects);
      const auto expected = model.run({.fuse = false});
      const auto actual = model.run({});
      ASSERT_EQ(actual.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        double worst = 0, largest = 1e-30;
        for (std::size_t e = 0; e < expected[i].size(); ++e) {
          worst = std::max(worst, std::abs(actual[i][e] - expected[i][e]));
          largest = std::max(largest, std::abs(expected[i][e]));
        }
        // The gradient of a bias before a normalization is zero, but for rounding.
        if (model.name(i) == "bias") largest = 1;
        EXPECT_LE(worst / largest, dtype == DType::kFloat32 ? 1e-5 : 1e-12) << model.name(i) << " " << i;
      }
      for (const char* operation :
           {"fused_scale_shift", "scale_shift_two", "gated_column_dots", "relu_gradient_of_sum"})
        EXPECT_NE(model.text.find(operation), std::string::npos) << operation << "\n" << model.text;
      const bool winograd = dtype == DType::kFloat32 && kernels::table<float>().winograd_conv2d != nullptr;
      EXPECT_EQ(model.text.find("winograd_conv2d") != std::string::npos, winograd) << model.text;
    }
  }
}

TEST_F(ResidualTest, ThreadsAndOrdersNeverChangeABit) {
  using Order = plan::Options::Order;
  for (const bool projects : {false, true}) {
    Residual model(DType::kFloat32, projects);
    const auto expected = model.run({});
    for (const int threads : {1, 2, 3})
      for (const auto order : {Order::kDepthFirst, Order::kLayerFirst})
        EXPECT_EQ(model.run({.threads = threads, .order = order}), expected) << threads << " threads";
  }
}

}  // namespace
}  // namespace shoal
