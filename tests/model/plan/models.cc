#include "tests/model/plan/models.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/base/random.h"
#include "model/autograd/gradients.h"
#include "model/ops/ops.h"

namespace shoal::testing {
namespace {

Tensor random_values(const Shape& shape, DType dtype, std::uint64_t seed) {
  random::Generator generator(seed);
  Tensor values(shape, DType::kFloat64);
  const double scale = 2 / std::sqrt(static_cast<double>(shape.rank() > 1 ? shape.elements() / shape[-1] : 4));
  for (std::int64_t i = 0; i < shape.elements(); ++i)
    values.mutable_data<double>()[i] = (generator.uniform() - 0.5) * scale;
  return values.astype(dtype);
}

std::vector<double> read(const void* values, std::int64_t count, DType dtype) {
  std::vector<double> result(static_cast<std::size_t>(count));
  visit_dtype(dtype, [&](auto* type) {
    for (std::int64_t i = 0; i < count; ++i)
      result[static_cast<std::size_t>(i)] =
          static_cast<double>(static_cast<std::remove_pointer_t<decltype(type)> const*>(values)[i]);
  });
  return result;
}

}  // namespace

TracedStep traced_cnn(DType dtype, std::int64_t wide) {
  TracedStep step;
  const std::vector<std::pair<const char*, Shape>> shapes{
      {"conv1/kernel", {3, 3, 2, 6}}, {"conv1/bias", {6}},     {"conv2/kernel", {3, 3, 6, 7}}, {"conv2/bias", {7}},
      {"dense1/kernel", {63, wide}},  {"dense1/bias", {wide}}, {"dense2/kernel", {wide, 5}},   {"dense2/bias", {5}}};
  std::uint64_t seed = 1;
  for (const auto& [path, shape] : shapes) {
    step.weights.emplace_back(random_values(shape, dtype, seed++), path);
    step.weights.back().set_path(path);
  }
  step.metric = Variable(Tensor(Shape{2}, dtype), "metric", false);
  step.space = std::make_unique<ParameterSpace>(step.weights, heap_arena);
  step.trace = std::make_unique<graph::Trace>(true);
  const auto weight = [&](std::size_t i) { return graph::read(step.weights[i]); };

  const Tensor x = step.trace->input("x", {kRows, 8, 8, 2}, dtype);
  const Tensor labels = step.trace->input("labels", {kRows}, DType::kInt64);
  Tensor h = x;
  {
    const graph::Scope scope("conv1");
    h = ops::relu(ops::conv(h, weight(0), {1, 1}, "same") + weight(1));
  }
  h = ops::max_pool(h, {2, 2}, {2, 2}, "same");
  {
    const graph::Scope scope("conv2");
    h = ops::tanh(ops::conv(h, weight(2), {1, 1}, "same") + weight(3));
  }
  h = ops::max_pool(h, {2, 2}, {1, 1}, "valid");
  h = ops::dropout(h, 0.25, 77);
  h = ops::reshape_rows(h, {-1});
  {
    const graph::Scope scope("dense1");
    h = ops::relu(ops::matmul(h, weight(4)) + weight(5));
  }
  h = ops::dropout(h, 0.5, 78);
  {
    const graph::Scope scope("dense2");
    h = ops::softmax(ops::matmul(h, weight(6)) + weight(7));
  }
  const Tensor each = ops::sparse_categorical_crossentropy(labels, h);
  const Tensor loss = ops::mean(each);
  const std::vector<Tensor> found = gradients(loss, step.weights);
  for (std::size_t i = 0; i < found.size(); ++i) step.trace->add_gradient(step.weights[i], found[i]);
  const Tensor hits = ops::cast(ops::equal(ops::argmax(h), labels), dtype);
  const Tensor sums = ops::sum(
      ops::stop_gradient(ops::reshape(hits, {kRows, 1}) * Tensor(std::vector<double>{1, 0}, {2}).astype(dtype)) +
          ops::reshape(ops::ones_like(hits), {kRows, 1}) * Tensor(std::vector<double>{0, 1}, {2}).astype(dtype),
      {0});
  step.trace->add_assign(step.metric, graph::read(step.metric) + sums);
  step.outputs = {loss, h};
  return step;
}

TracedStep traced_block(DType dtype) {
  TracedStep step;
  const std::vector<std::pair<const char*, Shape>> shapes{
      {"query", {16, 8}},    {"key", {16, 8}},          {"value", {16, 8}},  {"output", {8, 16}},
      {"layer/gamma", {16}}, {"layer/beta", {16}},      {"narrow", {16, 2}}, {"batch/gamma", {2}},
      {"batch/beta", {2}},   {"dense/kernel", {24, 5}}, {"dense/bias", {5}}};
  std::uint64_t seed = 1;
  for (const auto& [path, shape] : shapes) {
    step.weights.emplace_back(random_values(shape, dtype, seed++), path);
    step.weights.back().set_path(path);
  }
  step.metric = Variable(Tensor(Shape{2}, dtype), "moving_mean", false);
  step.space = std::make_unique<ParameterSpace>(step.weights, heap_arena);
  step.trace = std::make_unique<graph::Trace>(true);
  const auto weight = [&](std::size_t i) { return graph::read(step.weights[i]); };

  const Tensor x = step.trace->input("x", {kRows, 8, 8, 2}, dtype);
  const Tensor labels = step.trace->input("labels", {kRows}, DType::kInt64);
  const Tensor lines = ops::reshape_rows(x, {8, 16});
  const auto heads = [&](std::size_t i) { return ops::reshape_rows(ops::matmul(lines, weight(i)), {8, 2, 4}); };
  const Tensor steps = ops::arange(8), causal = ops::less_equal(steps, ops::reshape(steps, {8, 1}));
  const Tensor scores = ops::where(causal, ops::attention_scores(heads(0), heads(1)), Tensor(-1e9));
  const Tensor seen = ops::attention_values(ops::dropout(ops::softmax(scores), 0.2, 79), heads(2));
  Tensor h = ops::matmul(ops::reshape_rows(seen, {8, 8}), weight(3));
  h = ops::layer_normalization(h + lines, weight(4), weight(5), {-1}, 1e-3);
  h = h + ops::random_normal(h.shape(), 80, dtype) * 0.1;
  const Tensor narrow = ops::matmul(h, weight(6));
  const Tensor moving = graph::read(step.metric);
  const auto [mean, variance] = ops::moments_of_axis(narrow, -1, moving);
  ops::assign(step.metric, moving * 0.9 + ops::where(ops::greater(ops::row_count(x, dtype), 0.0), mean, moving) * 0.1);
  const Tensor normal = ops::batch_normalization(narrow, mean, variance, -1, weight(8), weight(7), 1e-3);
  h = ops::concatenate({ops::reshape_rows(ops::tanh(normal), {-1}),
                        ops::reshape_rows(ops::slice_axis(h, 1, 3, 4), {-1}),
                        ops::reshape_rows(ops::slice_axis(ops::flip(h, 1), 2, 0, 1), {-1})});
  h = ops::slice_axis(h, 1, 0, 24);
  h = ops::softmax(ops::matmul(h, weight(9)) + weight(10));
  const Tensor loss = ops::mean(ops::sparse_categorical_crossentropy(labels, h));
  const std::vector<Tensor> found = gradients(loss, step.weights);
  for (std::size_t i = 0; i < found.size(); ++i) step.trace->add_gradient(step.weights[i], found[i]);
  step.outputs = {loss, h};
  return step;
}

Batch cnn_batch(std::int64_t rows, DType dtype) {
  Batch batch{Tensor(Shape{rows, 8, 8, 2}, dtype), Tensor(Shape{rows}, DType::kInt64)};
  if (rows == 0) return batch;
  batch.x = random_values({rows, 8, 8, 2}, dtype, 1234);
  random::Generator generator(5);
  // Row r is the same in a batch of any size.
  Tensor values(batch.x.shape(), DType::kFloat64);
  for (std::int64_t i = 0; i < values.shape().elements(); ++i)
    values.mutable_data<double>()[i] = generator.uniform() - 0.5;
  batch.x = values.astype(dtype);
  for (std::int64_t r = 0; r < rows; ++r) batch.labels.mutable_data<std::int64_t>()[r] = r * 3 % 5;
  return batch;
}

Left run_once(TracedStep& step, plan::Plan& plan, const Batch& batch, plan::Observer* observer, std::int64_t number) {
  std::memset(step.metric.data(), 0, step.metric.bytes());
  const std::int64_t rows = batch.x.rows();
  // Garbage where gradients go: a run must overwrite it.
  std::memset(step.space->gradients().memory.get(), 0x7f, step.space->gradients().bytes);
  plan.run(batch.inputs(), {rows, number, 10, 1.0 / static_cast<double>(std::max<std::int64_t>(rows, 1))}, observer);
  const DType dtype = step.space->dtype();
  Left left;
  left.loss = read(plan.output(0), 1, dtype);
  left.probabilities = read(plan.output(1), plan.output_shape(1).elements(), dtype);
  left.metric = read(step.metric.data(), 2, dtype);
  for (const Variable& weight : step.weights) {
    const auto one = read(weight.gradient(), static_cast<std::int64_t>(weight.size()), dtype);
    left.gradients.insert(left.gradients.end(), one.begin(), one.end());
  }
  return left;
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0, largest = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i] - b[i])) return INFINITY;
    worst = std::max(worst, std::abs(a[i] - b[i]));
    largest = std::max({largest, std::abs(a[i]), std::abs(b[i])});
  }
  return worst / largest;
}

}  // namespace shoal::testing
