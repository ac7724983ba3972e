#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "common/base/random.h"
#include "model/autograd/gradients.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"

// Convolutions that are pooled or behind a ReLU: what a plan makes of them, and that it computes the same.
namespace shoal {
namespace {

using Layer = Tensor (*)(const Tensor& h);  // what follows the convolution

struct Case {
  const char* name;
  Layer layer;
  bool pools, sparse;
  std::int64_t height = 9, width = 8;
};

Tensor pool(const Tensor& h, std::vector<std::int64_t> size, std::vector<std::int64_t> strides, const char* padding) {
  return ops::max_pool(h, size, strides, padding);
}

const Case kCases[] = {
    {"pooled",
     [](const Tensor& h) {
       return pool(ops::relu(h), {2, 2}, {2, 2}, "valid");
     },
     true, true},
    {"even and same",
     [](const Tensor& h) {
       return pool(ops::relu(h), {2, 2}, {2, 2}, "same");
     },
     true, true, 8, 10},
    {"odd and same",
     [](const Tensor& h) {
       return pool(ops::relu(h), {2, 2}, {2, 2}, "same");
     },
     false, true},
    {"three by three",
     [](const Tensor& h) {
       return pool(ops::relu(h), {3, 3}, {2, 2}, "valid");
     },
     false, true},
    {"overlapping",
     [](const Tensor& h) {
       return pool(ops::relu(h), {2, 2}, {1, 1}, "valid");
     },
     false, true},
    {"not pooled", [](const Tensor& h) { return ops::relu(h); }, false, true},
    {"another activation",
     [](const Tensor& h) {
       return pool(ops::tanh(h), {2, 2}, {2, 2}, "valid");
     },
     false, false},
    {"read twice",
     [](const Tensor& h) {
       const Tensor r = ops::relu(h);
       return pool(r, {2, 2}, {2, 2}, "valid") + ops::mean(r, {1, 2}, true);
     },
     false, true},
    {"pooled, then squared",
     [](const Tensor& h) {
       return ops::square(pool(ops::relu(h), {2, 2}, {2, 2}, "valid"));
     },
     true, true},
};

struct Made {
  Tensor values(const Shape& shape, DType dtype, std::uint64_t seed) {
    random::Generator generator(seed);
    Tensor made(shape, DType::kFloat64);
    for (std::int64_t i = 0; i < shape.elements(); ++i) made.mutable_data<double>()[i] = generator.uniform() - 0.5;
    return made.astype(dtype);
  }

  Made(const Case& c, DType dtype, bool bias) : rows(dtype == DType::kFloat32 ? 13 : 5) {
    weights = {Variable(values({3, 3, 2, 6}, dtype, 1), "a/kernel"),
               Variable(values({3, 3, 6, 5}, dtype, 2), "b/kernel")};
    if (bias) {
      weights.emplace_back(values({6}, dtype, 3), "a/bias");
      weights.emplace_back(values({5}, dtype, 4), "b/bias");
    }
    space = std::make_unique<ParameterSpace>(weights, heap_arena);
    const Tensor x = trace.input("x", {kRows, c.height, c.width, 2}, dtype);
    input = values({rows, c.height, c.width, 2}, dtype, 5);
    Tensor h = ops::conv(x, graph::read(weights[0]), {1, 1}, "same");
    if (bias) h = h + graph::read(weights[2]);
    h = ops::conv(ops::relu(h), graph::read(weights[1]), {1, 1}, "same");
    if (bias) h = h + graph::read(weights[3]);
    const Tensor y = c.layer(h);
    const Tensor loss = ops::mean(ops::square(y + 0.25));
    const auto found = gradients(loss, weights);
    for (std::size_t i = 0; i < weights.size(); ++i) trace.add_gradient(weights[i], found[i]);
    outputs = {loss, y};
  }

  std::vector<double> run(const plan::Options& options) {
    const auto plan = plan::Plan::compile(trace, outputs, options);
    text = plan->describe();
    plan->run({input.raw()}, {.rows = rows, .inverse_rows = 1.0 / static_cast<double>(rows)}, nullptr);
    std::vector<double> all;
    const auto add = [&](const void* from, std::int64_t count, DType dtype) {
      for (std::int64_t i = 0; i < count; ++i)
        all.push_back(dtype == DType::kFloat64 ? static_cast<const double*>(from)[i]
                                               : static_cast<const float*>(from)[i]);
    };
    add(plan->output(0), 1, input.dtype());
    add(plan->output(1), plan->output_shape(1).elements(), input.dtype());
    for (const Variable& w : weights) add(w.gradient(), static_cast<std::int64_t>(w.size()), input.dtype());
    return all;
  }

  std::int64_t rows;
  std::vector<Variable> weights;
  std::unique_ptr<ParameterSpace> space;
  graph::Trace trace{true};
  Tensor input;
  std::vector<Tensor> outputs;
  std::string text;
};

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0, largest = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return worst / largest;
}

TEST(SkipZeros, ChangesNothingBeyondRounding) {
  plan::install_evaluator();
  for (const Case& c : kCases)
    for (bool bias : {true, false})
      for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
        Made made(c, dtype, bias);
        const auto plain = made.run({.fuse = false});
        EXPECT_EQ(made.text.find("sparse"), std::string::npos);
        const auto fused = made.run({});
        EXPECT_EQ(made.text.find("pooled_conv2d") != std::string::npos, c.pools) << c.name << "\n" << made.text;
        EXPECT_EQ(made.text.find("sparse_conv2d_input_gradient") != std::string::npos, c.sparse) << c.name << made.text;
        EXPECT_LT(difference(fused, plain), dtype == DType::kFloat32 ? 1e-6 : 1e-14) << c.name;
        EXPECT_EQ(made.run({.threads = 2}), fused) << c.name;
        EXPECT_EQ(made.run({.threads = 3, .order = plan::Options::Order::kLayerFirst}), fused) << c.name;
      }
}

}  // namespace
}  // namespace shoal
