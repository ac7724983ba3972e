#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/ops/ops.h"
#include "model/ops/recurrent.h"
#include "tests/model/plan/models.h"

namespace shoal {
namespace {

using plan::Options;
using testing::Batch;
using testing::TracedStep;

constexpr std::int64_t kSteps = 5, kWords = 200, kWidth = 6;

Tensor values(const Shape& shape, DType dtype, int seed) {
  Tensor result(shape, DType::kFloat64);
  for (std::int64_t i = 0; i < shape.elements(); ++i)
    result.mutable_data<double>()[i] = static_cast<double>((i * 37 + seed * 11) % 101) / 101 - 0.5;
  return result.astype(dtype);
}

// Words of 0 are left out by the mask; both the sequence and the last state have a part in the loss.
TracedStep traced_sequence(const std::string& cell, std::int64_t units, DType dtype = DType::kFloat32) {
  TracedStep step;
  const std::int64_t gates = units * (cell == "simple_rnn" ? 1 : cell == "lstm" ? 4 : 3);
  const std::vector<std::pair<const char*, Shape>> shapes{{"embedding/embeddings", {kWords, kWidth}},
                                                          {"cell/kernel", {kWidth, gates}},
                                                          {"cell/recurrent_kernel", {units, gates}},
                                                          {"cell/bias", {gates}}};
  int seed = 1;
  for (const auto& [path, shape] : shapes) {
    step.weights.emplace_back(values(shape, dtype, seed++), path);
    step.weights.back().set_path(path);
  }
  step.metric = Variable(Tensor(Shape{2}, dtype), "metric", false);
  step.space = std::make_unique<ParameterSpace>(step.weights, heap_arena);
  step.trace = std::make_unique<graph::Trace>(true);
  const auto weight = [&](std::size_t i) { return graph::read(step.weights[i]); };
  const Tensor words = step.trace->input("words", {kRows, kSteps}, DType::kInt32);
  step.trace->input("labels", {kRows}, DType::kInt64);
  const Tensor x = ops::matmul(ops::take(weight(0), words), weight(1)) + weight(3);
  const Tensor ones = ops::ones_like(ops::reshape_rows(x, {kSteps * gates}));
  const ops::RecurrentOutputs y = ops::recurrent({.projected = x,
                                                  .kernel = weight(2) * (1.0 / static_cast<double>(units)),
                                                  .mask = ops::not_equal(words, 0.0),
                                                  .dropout = ops::dropout(ops::slice_axis(ones, 1, 0, gates), 0.25, 5)},
                                                 {.cell = cell});
  const Tensor loss = ops::mean(ops::square(y.sequence)) + ops::mean(y.states.back());
  const std::vector<Tensor> found = gradients(loss, step.weights);
  for (std::size_t i = 0; i < found.size(); ++i) step.trace->add_gradient(step.weights[i], found[i]);
  step.outputs = {loss, y.states[0]};
  return step;
}

Batch words_batch(std::int64_t rows) {
  Batch batch{Tensor(Shape{rows, kSteps}, DType::kInt32), Tensor(Shape{rows}, DType::kInt64)};
  for (std::int64_t i = 0; i < rows * kSteps; ++i)
    batch.x.mutable_data<std::int32_t>()[i] = static_cast<std::int32_t>(i * i % 7 == 3 ? 0 : (i * 13 + 5) % kWords);
  return batch;
}

TEST(Sequences, ThreadsAndOrdersNeverChangeABit) {
  for (const auto& [cell, units] : std::vector<std::pair<std::string, std::int64_t>>{
           {"lstm", 7}, {"lstm", 100}, {"gru", 9}, {"gru", 120}, {"gru_reset_before", 9}, {"simple_rnn", 9}}) {
    TracedStep step = traced_sequence(cell, units);
    for (const std::int64_t rows : {1, 13, 40}) {
      const Batch batch = words_batch(rows);
      const testing::Left expected = run_once(step, *step.compile({.threads = 1}), batch);
      for (const int threads : {1, 2, 3})
        for (const auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst})
          EXPECT_EQ(run_once(step, *step.compile({.threads = threads, .order = order}), batch), expected)
              << cell << " " << units << ", " << threads << " threads, " << rows << " rows";
    }
    const testing::Left none = run_once(step, *step.compile({.threads = 2}), words_batch(0));
    for (const double gradient : none.gradients) EXPECT_EQ(gradient, 0);
  }
}

TEST(Sequences, Float32IsNearFloat64) {
  for (const char* cell : {"lstm", "gru", "gru_reset_before", "simple_rnn"}) {
    TracedStep narrow = traced_sequence(cell, 40), wide = traced_sequence(cell, 40, DType::kFloat64);
    const Batch batch = words_batch(21);
    const testing::Left a = run_once(narrow, *narrow.compile({}), batch), b = run_once(wide, *wide.compile({}), batch);
    EXPECT_LT(testing::difference(a.gradients, b.gradients), 1e-5) << cell;
    EXPECT_LT(testing::difference(a.probabilities, b.probabilities), 1e-5) << cell;
  }
}

TEST(Sequences, AWordOutOfRangeIsAnErrorAndThePlanGoesOn) {
  TracedStep step = traced_sequence("lstm", 5);
  const auto plan = step.compile({.threads = 2});
  const Batch good = words_batch(9);
  const testing::Left expected = run_once(step, *plan, good);
  Batch bad = words_batch(9);
  bad.x.mutable_data<std::int32_t>()[17] = kWords;
  EXPECT_THROW(run_once(step, *plan, bad), ValueError);
  EXPECT_EQ(run_once(step, *plan, good), expected);
}

}  // namespace
}  // namespace shoal
