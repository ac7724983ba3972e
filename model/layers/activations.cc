#include "model/layers/activations.h"

#include <fmt/ranges.h>

#include <cmath>
#include <numbers>

#include "common/base/error.h"
#include "model/ops/ops.h"

namespace shoal::activations {
namespace {

Tensor selu(const Tensor& x) {
  constexpr double kAlpha = 1.6732632423543772848170429916717, kScale = 1.0507009873554804934193349852946;
  return kScale * elu(x, kAlpha);
}

Tensor hard_sigmoid(const Tensor& x) { return ops::clip(x + 3.0, 0, 6) / 6.0; }

Tensor glu(const Tensor& x) {
  if (x.shape()[-1] % 2 != 0) raise("glu: the last axis must be even, received shape {}", x.shape().to_string());
  const std::vector<Tensor> halves = ops::split(x, 2, -1);
  return halves[0] * ops::sigmoid(halves[1]);
}

Tensor zero() { return 0.0; }

Tensor hard_shrink(const Tensor& x) { return ops::where(ops::greater(ops::abs(x), 0.5), x, zero()); }

Tensor soft_shrink(const Tensor& x) {
  return ops::where(ops::greater(x, 0.5), x - 0.5, ops::where(ops::less(x, -0.5), x + 0.5, zero()));
}

Tensor sparse_plus(const Tensor& x) {
  const Tensor curve = ops::square(x + 1.0) * 0.25;
  return ops::where(ops::less_equal(x, -1.0), zero(), ops::where(ops::greater_equal(x, 1.0), x, curve));
}

struct Row {
  const char* name;
  Tensor (*apply)(const Tensor& x);
};

constexpr Row kTable[] = {
    {"linear", [](const Tensor& x) { return x; }},
    {"relu", [](const Tensor& x) { return ops::relu(x); }},
    {"sigmoid", [](const Tensor& x) { return ops::sigmoid(x); }},
    {"tanh", [](const Tensor& x) { return ops::tanh(x); }},
    {"softmax", [](const Tensor& x) { return ops::softmax(x); }},
    {"log_softmax", [](const Tensor& x) { return ops::log_softmax(x); }},
    {"softplus", [](const Tensor& x) { return ops::softplus(x); }},
    {"silu", [](const Tensor& x) { return x * ops::sigmoid(x); }},
    {"swish", [](const Tensor& x) { return x * ops::sigmoid(x); }},
    {"relu6", [](const Tensor& x) { return ops::clip(x, 0, 6); }},
    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
    {"elu", [](const Tensor& x) { return elu(x); }},
    {"selu", selu},
    {"celu", [](const Tensor& x) { return elu(x); }},
    {"gelu", [](const Tensor& x) { return gelu(x); }},
    {"glu", glu},
    {"mish", [](const Tensor& x) { return x * ops::tanh(ops::softplus(x)); }},
    {"softsign", [](const Tensor& x) { return x / (ops::abs(x) + 1.0); }},
    {"soft_shrink", soft_shrink},
    {"hard_shrink", hard_shrink},
    {"hard_sigmoid", hard_sigmoid},
    {"hard_silu", [](const Tensor& x) { return x * hard_sigmoid(x); }},
    {"hard_swish", [](const Tensor& x) { return x * hard_sigmoid(x); }},
    {"hard_tanh", [](const Tensor& x) { return ops::clip(x, -1, 1); }},
    {"tanh_shrink", [](const Tensor& x) { return x - ops::tanh(x); }},
    {"log_sigmoid", [](const Tensor& x) { return -ops::softplus(-x); }},
    {"sparse_plus", sparse_plus},
    {"sparse_sigmoid", [](const Tensor& x) { return ops::clip(x + 1.0, 0, 2) * 0.5; }},
    {"squareplus", [](const Tensor& x) { return (x + ops::sqrt(ops::square(x) + 4.0)) * 0.5; }},
    {"exponential", [](const Tensor& x) { return ops::exp(x); }},
};

const Row* find(const std::string& name) {
  for (const Row& row : kTable)
    if (name == row.name) return &row;
  return nullptr;
}

}  // namespace

Tensor relu(const Tensor& x, double negative_slope, std::optional<double> max_value, double threshold) {
  Tensor y = threshold != 0 ? ops::where(ops::greater(x, threshold), x, zero()) : ops::relu(x);
  if (max_value) y = ops::clip(y, 0, *max_value);
  return negative_slope == 0 ? y : y - negative_slope * ops::relu(threshold - x);
}

Tensor leaky_relu(const Tensor& x, double negative_slope) { return relu(x, negative_slope); }

Tensor elu(const Tensor& x, double alpha) { return ops::relu(x) + alpha * ops::expm1(ops::minimum(x, 0.0)); }

Tensor gelu(const Tensor& x, bool approximate) {
  const Tensor inner = approximate ? ops::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * (x * x * x)))
                                   : ops::erf(x * std::numbers::sqrt2 / 2.0);
  return x * (inner + 1.0) * 0.5;
}

std::vector<std::string> registered() {
  std::vector<std::string> names;
  for (const Row& row : kTable) names.emplace_back(row.name);
  return names;
}

void check(const std::string& place, const std::string& name) {
  if (find(name) == nullptr)
    raise("{}: unknown activation '{}'; registered: {}", place, name, fmt::join(registered(), ", "));
}

Tensor apply(const std::string& name, const Tensor& x) {
  check("activation", name);
  return find(name)->apply(x);
}

}  // namespace shoal::activations
