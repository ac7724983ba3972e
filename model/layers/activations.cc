#include "model/layers/activations.h"

#include <fmt/ranges.h>

#include "common/base/error.h"
#include "model/ops/ops.h"

namespace shoal::activations {
namespace {

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
    {"exponential", [](const Tensor& x) { return ops::exp(x); }},
};

const Row* find(const std::string& name) {
  for (const Row& row : kTable)
    if (name == row.name) return &row;
  return nullptr;
}

}  // namespace

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
