#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/graph/trace.h"
#include "model/plan/plan.h"

namespace shoal::testing {

// A training step traced by hand, and what it needs to run: weights in a ParameterSpace, a metric's state.
struct TracedStep {
  std::vector<Variable> weights;
  Variable metric;
  std::unique_ptr<ParameterSpace> space;
  std::unique_ptr<graph::Trace> trace;
  std::vector<Tensor> outputs;  // loss, probabilities

  std::unique_ptr<plan::Plan> compile(const plan::Options& options) {
    return plan::Plan::compile(*trace, outputs, options);
  }
};

// Convolution, pooling, convolution, dropout, dense, dense, softmax cross-entropy; images of 8 x 8 x 2, 5 classes.
// `wide`: of the dense layers; from 512 on their products are split by outputs.
TracedStep traced_cnn(DType dtype = DType::kFloat32, std::int64_t wide = 16);

// Attention over the 8 lines of the same images, layer and batch normalization, noise; `metric` is the moving mean.
TracedStep traced_block(DType dtype = DType::kFloat32);

struct Batch {
  Tensor x, labels;
  std::vector<const void*> inputs() const { return {x.raw(), labels.raw()}; }
};
Batch cnn_batch(std::int64_t rows, DType dtype = DType::kFloat32);

// Everything that a run leaves behind.
struct Left {
  std::vector<double> loss, probabilities, gradients, metric;
  friend bool operator==(const Left&, const Left&) = default;
};
Left run_once(TracedStep& step, plan::Plan& plan, const Batch& batch, plan::Observer* observer = nullptr,
              std::int64_t number = 3);

// The largest difference of `a` and `b`, relative to the largest value.
double difference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace shoal::testing
