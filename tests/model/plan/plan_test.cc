#include "model/plan/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/ops/ops.h"
#include "tests/model/plan/models.h"

namespace shoal {
namespace {

using plan::Options;
using testing::Batch;
using testing::cnn_batch;
using testing::difference;
using testing::Left;
using testing::run_once;
using testing::traced_cnn;
using testing::TracedStep;

constexpr auto kDepth = Options::Order::kDepthFirst;
constexpr auto kLayer = Options::Order::kLayerFirst;

class PlanTest : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

TEST_F(PlanTest, ThreadsAndOrdersNeverChangeABit) {
  for (std::int64_t wide : {16, 600}) {
    TracedStep step = traced_cnn(DType::kFloat32, wide);
    for (std::int64_t rows : {1, 3, 13, 32}) {
      const Batch batch = cnn_batch(rows);
      const Left expected = run_once(step, *step.compile({.threads = 1, .order = kDepth}), batch);
      for (int threads : {1, 2, 3})
        for (auto order : {kDepth, kLayer}) {
          const auto plan = step.compile({.threads = threads, .order = order});
          EXPECT_EQ(run_once(step, *plan, batch), expected) << threads << " threads, " << rows << " rows";
          EXPECT_EQ(run_once(step, *plan, batch), expected) << "again";
        }
    }
  }
}

TEST_F(PlanTest, FusionChangesNothingBeyondRounding) {
  for (std::int64_t wide : {16, 600}) {
    TracedStep step = traced_cnn(DType::kFloat32, wide);
    const Batch batch = cnn_batch(13);
    const Left fused = run_once(step, *step.compile({}), batch);
    const auto plain = step.compile({.fuse = false});
    const Left separate = run_once(step, *plain, batch);
    EXPECT_LT(difference(fused.loss, separate.loss), 1e-6);
    EXPECT_LT(difference(fused.probabilities, separate.probabilities), 1e-6);
    EXPECT_LT(difference(fused.gradients, separate.gradients), 1e-6);
    EXPECT_EQ(fused.metric, separate.metric);
    EXPECT_NE(step.compile({})->describe().find("fused_conv2d"), std::string::npos);
    EXPECT_EQ(plain->describe().find("fused_conv2d"), std::string::npos);
  }
}

// The plan's gradients are the loss's derivatives: central differences of replayed losses, in float64.
TEST_F(PlanTest, GradientsAgreeWithCentralDifferences) {
  TracedStep step = traced_cnn(DType::kFloat64);
  const auto plan = step.compile({.threads = 2});
  const Batch batch = cnn_batch(7, DType::kFloat64);
  const Left at = run_once(step, *plan, batch);
  std::size_t place = 0;
  for (const Variable& weight : step.weights) {
    auto* values = static_cast<double*>(weight.data());
    for (std::size_t e = 0; e < weight.size(); e += 1 + weight.size() / 5) {
      const double before = values[e];
      values[e] = before + 1e-6;
      const double up = run_once(step, *plan, batch).loss[0];
      values[e] = before - 1e-6;
      const double down = run_once(step, *plan, batch).loss[0];
      values[e] = before;
      EXPECT_NEAR(at.gradients[place + e], (up - down) / 2e-6, 1e-7) << weight.path() << " " << e;
    }
    place += weight.size();
  }
}

TEST_F(PlanTest, AShortBatchReplaysTheSamePlan) {
  TracedStep step = traced_cnn();
  const auto plan = step.compile({.threads = 2});
  run_once(step, *plan, cnn_batch(32));
  for (std::int64_t rows : {5, 31, 1, 32}) {
    const Left expected = run_once(step, *step.compile({}), cnn_batch(rows));
    EXPECT_EQ(run_once(step, *plan, cnn_batch(rows)), expected) << rows;
  }
  EXPECT_EQ(plan->output_shape(1), (Shape{32, 5}));
}

TEST_F(PlanTest, NoRowsGiveZeroGradients) {
  for (std::int64_t wide : {16, 600})
    for (auto order : {kDepth, kLayer}) {
      TracedStep step = traced_cnn(DType::kFloat32, wide);
      const auto plan = step.compile({.threads = 2, .order = order});
      for (int time : {0, 1}) {
        const Left left = run_once(step, *plan, cnn_batch(0));
        EXPECT_EQ(left.loss[0], 0) << time;
        EXPECT_TRUE(left.probabilities.empty());
        EXPECT_EQ(left.gradients, std::vector<double>(left.gradients.size(), 0));
        EXPECT_EQ(left.metric, (std::vector<double>{0, 0}));
        run_once(step, *plan, cnn_batch(9));
      }
    }
}

TEST_F(PlanTest, ARowsResultDependsOnNoOtherRow) {
  TracedStep step = traced_cnn();
  const auto plan = step.compile({});
  const Left all = run_once(step, *plan, cnn_batch(32));
  for (std::int64_t rows : {1, 6, 17}) {
    const Left some = run_once(step, *plan, cnn_batch(rows));
    const std::vector<double> first(all.probabilities.begin(), all.probabilities.begin() + rows * 5);
    EXPECT_LT(difference(some.probabilities, first), 1e-6) << rows;
  }
}

// Two halves of a global batch, each with its own first row and the global 1/N, add up to the whole: dropout included.
TEST_F(PlanTest, PartsOfAGlobalBatchAddUp) {
  TracedStep step = traced_cnn(DType::kFloat64);
  const auto plan = step.compile({});
  const Batch whole = cnn_batch(13, DType::kFloat64);
  const Left expected = run_once(step, *plan, whole);
  std::vector<double> sum(expected.gradients.size(), 0);
  double loss = 0;
  for (auto [begin, end] : {std::pair{0, 4}, std::pair{4, 13}}) {
    const Tensor x = whole.x.slice(begin, end), labels = whole.labels.slice(begin, end);
    plan->run({x.raw(), labels.raw()}, {end - begin, 3, 10 + begin, 1.0 / 13}, nullptr);
    loss += *static_cast<const double*>(plan->output(0));
    std::size_t place = 0;
    for (const Variable& weight : step.weights)
      for (std::size_t e = 0; e < weight.size(); ++e) sum[place++] += static_cast<const double*>(weight.gradient())[e];
  }
  EXPECT_NEAR(loss, expected.loss[0], 1e-14);
  EXPECT_LT(difference(sum, expected.gradients), 1e-14);
}

TEST_F(PlanTest, DropoutDiffersFromStepToStep) {
  TracedStep step = traced_cnn();
  const auto plan = step.compile({});
  EXPECT_NE(run_once(step, *plan, cnn_batch(4), nullptr, 3), run_once(step, *plan, cnn_batch(4), nullptr, 4));
  EXPECT_EQ(run_once(step, *plan, cnn_batch(4), nullptr, 3), run_once(step, *plan, cnn_batch(4), nullptr, 3));
}

TEST_F(PlanTest, TheArenaHoldsLittleMoreThanWhatIsAlive) {
  for (std::int64_t wide : {16, 600})
    for (int threads : {1, 3})
      for (auto order : {kDepth, kLayer}) {
        TracedStep step = traced_cnn(DType::kFloat32, wide);
        const auto plan = step.compile({.threads = threads, .order = order});
        run_once(step, *plan, cnn_batch(32));
        EXPECT_GT(plan->live_bytes(), 0u);
        EXPECT_GE(plan->arena_bytes(), plan->live_bytes());
        EXPECT_LE(static_cast<double>(plan->arena_bytes()), 1.1 * static_cast<double>(plan->live_bytes()));
      }
}

// In turns, with other numbers of rows, so that the memory moves under both.
TEST_F(PlanTest, PlansShareAWorkspaceAsLargeAsTheLargestOfThemNeeds) {
  TracedStep narrow = traced_cnn(), wide = traced_cnn(DType::kFloat32, 600);
  const auto workspace = std::make_shared<plan::Workspace>();
  const auto own_narrow = narrow.compile({.threads = 2}), own_wide = wide.compile({.threads = 2});
  const auto a = narrow.compile({.threads = 2, .workspace = workspace});
  const auto b = wide.compile({.threads = 2, .workspace = workspace});
  for (const std::int64_t rows : {4, 16, 5, 32}) {
    EXPECT_EQ(run_once(narrow, *a, cnn_batch(rows)), run_once(narrow, *own_narrow, cnn_batch(rows)));
    EXPECT_EQ(run_once(wide, *b, cnn_batch(rows)), run_once(wide, *own_wide, cnn_batch(rows)));
  }
  EXPECT_EQ(workspace->arena().bytes, std::max(a->arena_bytes(), b->arena_bytes()));
}

TEST_F(PlanTest, NobodyComputesTheFirstLayersInputGradient) {
  TracedStep step = traced_cnn();
  const std::string text = step.compile({})->describe();
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find("conv2d_input_gradient", at)) != std::string::npos; ++at) ++found;
  EXPECT_EQ(found, 1u) << text;
}

// Assignments happen in program order after everything has been read.
TEST_F(PlanTest, AssignedVariablesSwap) {
  Variable a(Tensor(std::vector<float>{1, 2}, {2}), "a"), b(Tensor(std::vector<float>{3, 4}, {2}), "b");
  graph::Trace trace(true);
  const Tensor old_a = graph::read(a), old_b = graph::read(b);
  trace.add_assign(a, old_b);
  EXPECT_EQ(graph::read(a).node(), old_b.node());  // what the trace assigned
  trace.add_assign(b, old_a + 0.0);
  const auto plan = plan::Plan::compile(trace, {}, {});
  plan->run({}, {}, nullptr);
  EXPECT_EQ(a.value().to_vector<float>(), (std::vector<float>{3, 4}));
  EXPECT_EQ(b.value().to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST_F(PlanTest, GradientsThatAreConstantsSharedOrOutputsReachTheirPlace) {
  std::vector<Variable> w{Variable(Tensor(std::vector<float>{1, 2}, {2}), "a"),
                          Variable(Tensor(std::vector<float>{3, 4}, {2}), "b"),
                          Variable(Tensor(std::vector<float>{5, 6}, {2}), "c")};
  ParameterSpace space(w, heap_arena);
  graph::Trace trace(true);
  const Tensor x = trace.input("x", {kRows, 2}, DType::kFloat32);
  const Tensor shared = ops::sum(x * (graph::read(w[0]) + graph::read(w[1])), {0});
  const std::vector<Tensor> g = gradients(ops::sum(shared), w);
  for (std::size_t i = 0; i < 3; ++i) trace.add_gradient(w[i], g[i]);
  const auto plan = plan::Plan::compile(trace, {g[0]}, {.threads = 2});
  const std::vector<float> values{1, 2, 10, 20, 100, 200};
  plan->run({values.data()}, {.rows = 3}, nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto* gradient = static_cast<const float*>(w[i].gradient());
    EXPECT_EQ(gradient[0], i < 2 ? 111 : 0);
    EXPECT_EQ(gradient[1], i < 2 ? 222 : 0);
  }
  EXPECT_EQ(static_cast<const float*>(plan->output(0))[1], 222);
}

// Reductions of rows by something else than a sum, softmax over rows, and what follows from them.
TEST_F(PlanTest, OperationsThatNeedAllRowsSeeAllRows) {
  graph::Trace trace(false);
  const Tensor x = trace.input("x", {kRows, 2}, DType::kFloat64);
  const Tensor centered = x - ops::max(x, {0}, true);
  const Tensor best = ops::argmax(x, 0);
  const auto plan = plan::Plan::compile(trace, {ops::sum(ops::exp(centered), {0}), best}, {.threads = 3});
  const std::vector<double> values{1, 5, 2, 4, 0, 3, 7, 2, 6, 1};
  plan->run({values.data()}, {.rows = 5}, nullptr);
  double expected[2] = {0, 0};
  for (std::size_t i = 0; i < 10; ++i) expected[i % 2] += std::exp(values[i] - (i % 2 == 0 ? 7 : 5));
  for (std::size_t i : {0, 1}) EXPECT_DOUBLE_EQ(static_cast<const double*>(plan->output(0))[i], expected[i]);
  EXPECT_EQ(static_cast<const std::int64_t*>(plan->output(1))[0], 3);
  EXPECT_EQ(static_cast<const std::int64_t*>(plan->output(1))[1], 0);
}

// Sequences: (rows, time, features) flattened to time x rows and back.
TEST_F(PlanTest, SeveralRowsForOneOfTheBatch) {
  graph::Trace trace(false);
  const Tensor x = trace.input("x", {kRows, 3, 2}, DType::kFloat64);
  const Tensor w = Tensor(std::vector<double>{1, 2, 3, 4}, {2, 2});
  const Tensor flat = ops::reshape(x, Shape{-3, 2});
  const Tensor y = ops::reshape(ops::matmul(flat, w), Shape{kRows, 3, 2});
  const auto plan = plan::Plan::compile(trace, {y, ops::mean(y), ops::mean(flat, {0})}, {.threads = 2});
  std::vector<double> values(7 * 6);
  std::iota(values.begin(), values.end(), 0);
  plan->run({values.data()}, {.rows = 7, .inverse_rows = 1.0 / 7}, nullptr);
  EXPECT_EQ(plan->output_shape(0), (Shape{7, 3, 2}));
  double total = 0;
  for (std::size_t r = 0; r < 21; ++r) {
    const double a = values[2 * r], b = values[2 * r + 1];
    EXPECT_EQ(static_cast<const double*>(plan->output(0))[2 * r], a + 3 * b);
    EXPECT_EQ(static_cast<const double*>(plan->output(0))[2 * r + 1], 2 * a + 4 * b);
    total += 3 * a + 7 * b;
  }
  EXPECT_NEAR(*static_cast<const double*>(plan->output(1)), total / 42, 1e-12);
  EXPECT_NEAR(*static_cast<const double*>(plan->output(2)), 20, 1e-12);
}

TEST_F(PlanTest, ReadingATracedValueIsRefusedByName) {
  graph::Trace trace(true);
  const Tensor y = ops::exp(trace.input("x", {kRows, 2}, DType::kFloat32));
  try {
    y.to_vector<float>();
    FAIL() << "a traced value was read";
  } catch (const ValueError& error) {
    EXPECT_NE(std::string(error.what()).find("exp: "), std::string::npos) << error.what();
  }
}

TEST_F(PlanTest, BadCallsAreRefused) {
  TracedStep step = traced_cnn();
  EXPECT_THROW(step.compile({.threads = 0}), ValueError);
  const auto plan = step.compile({});
  EXPECT_THROW(plan->output(0), InternalError);
  EXPECT_THROW(plan->run({}, {.rows = 1}, nullptr), ValueError);
  EXPECT_THROW(plan->run({}, {.rows = -1}, nullptr), ValueError);
}

}  // namespace
}  // namespace shoal
