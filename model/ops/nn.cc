#include "model/ops/nn.h"

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/graph/trace.h"
#include "model/ops/math.h"

namespace shoal::ops {

using graph::make;

Tensor relu(const Tensor& x) { return make("relu", {x}); }
Tensor sigmoid(const Tensor& x) { return make("sigmoid", {x}); }
Tensor softplus(const Tensor& x) { return make("softplus", {x}); }

Tensor softmax(const Tensor& x, int axis) {
  const int place = x.shape().normalize_axis(axis);
  if (place == x.shape().rank() - 1) return make("softmax", {x}, graph::AxisAttributes{place});
  const Tensor powers = exp(x - max(x, {place}, true));
  return powers / sum(powers, {place}, true);
}

Tensor log_softmax(const Tensor& x, int axis) {
  const Tensor shifted = x - max(x, {axis}, true);
  return shifted - log(sum(exp(shifted), {axis}, true));
}

namespace {

Tensor counter(std::int64_t value) {
  const std::int64_t values[] = {value};
  return Tensor(std::span<const std::int64_t>(values), Shape{});
}

Tensor step() {
  if (graph::Trace* trace = graph::Trace::current()) return trace->step();
  return counter(graph::EagerStep::current() ? graph::EagerStep::current()->step : 0);
}

Tensor first_row() {
  if (graph::Trace* trace = graph::Trace::current()) return trace->first_row();
  return counter(graph::EagerStep::current() ? graph::EagerStep::current()->first_row : 0);
}

}  // namespace

Tensor dropout(const Tensor& x, double rate, std::uint64_t key) {
  return make("dropout", {x, step(), first_row()}, graph::RandomAttributes{.key = key, .rate = rate, .shape = {}});
}

Tensor random_normal(const Shape& shape, std::uint64_t key, DType dtype) {
  if (!is_floating(dtype)) raise("random_normal: needs a floating dtype, received {}", name_of(dtype));
  return make("random_normal", {step(), first_row()},
              graph::RandomAttributes{.key = key, .rate = 0, .shape = shape, .dtype = dtype});
}

Tensor random_uniform(const Shape& shape, std::uint64_t key, DType dtype) {
  if (!is_floating(dtype)) raise("random_uniform: needs a floating dtype, received {}", name_of(dtype));
  return make("random_uniform", {step(), first_row()},
              graph::RandomAttributes{.key = key, .rate = 0, .shape = shape, .dtype = dtype});
}

}  // namespace shoal::ops
