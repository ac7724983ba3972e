// A plan of attention and normalization: what holds for the plan of a convolution network holds here.
#include <gtest/gtest.h>

#include "model/plan/plan.h"
#include "tests/model/plan/models.h"

namespace shoal {
namespace {

using plan::Options;
using testing::Batch;
using testing::cnn_batch;
using testing::Left;
using testing::run_once;
using testing::traced_block;
using testing::TracedStep;

class BlockTest : public ::testing::Test {
 protected:
  void SetUp() override { plan::install_evaluator(); }
};

TEST_F(BlockTest, ThreadsOrdersAndEarlierBatchesNeverChangeABit) {
  TracedStep step = traced_block();
  const auto used = step.compile({.threads = 2});
  run_once(step, *used, cnn_batch(32));
  for (std::int64_t rows : {1, 3, 13, 32}) {
    const Batch batch = cnn_batch(rows);
    const Left expected = run_once(step, *step.compile({}), batch);
    EXPECT_EQ(run_once(step, *used, batch), expected) << rows << " rows after 32";
    for (int threads : {1, 2, 3})
      for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst})
        EXPECT_EQ(run_once(step, *step.compile({.threads = threads, .order = order}), batch), expected)
            << threads << " threads, " << rows << " rows";
  }
}

TEST_F(BlockTest, GradientsAgreeWithCentralDifferences) {
  TracedStep step = traced_block(DType::kFloat64);
  const auto plan = step.compile({.threads = 2});
  const Batch batch = cnn_batch(7, DType::kFloat64);
  const Left at = run_once(step, *plan, batch);
  std::size_t place = 0;
  for (const Variable& weight : step.weights) {
    auto* values = static_cast<double*>(weight.data());
    for (std::size_t e = 0; e < weight.size(); e += 1 + weight.size() / 7) {
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

TEST_F(BlockTest, NoRowsGiveZeroGradientsAndMoveNothing) {
  TracedStep step = traced_block();
  for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst}) {
    const auto plan = step.compile({.threads = 2, .order = order});
    for (int time : {0, 1}) {
      const Left left = run_once(step, *plan, cnn_batch(0));
      EXPECT_EQ(left.gradients, std::vector<double>(left.gradients.size(), 0)) << time;
      EXPECT_EQ(left.metric, (std::vector<double>{0, 0}));
      EXPECT_NE(run_once(step, *plan, cnn_batch(9)).metric, left.metric);
    }
  }
}

}  // namespace
}  // namespace shoal
