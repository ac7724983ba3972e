#pragma once

#include <span>
#include <vector>

#include "model/train/model.h"

namespace shoal::train {

// Loss and metrics of one step as tensors, traced or eager.
struct StepOutputs {
  Tensor loss;                  // scalar: mean over the rows
  std::vector<Tensor> metrics;  // scalars: sums over the rows, or means when the function gives a scalar
  struct Scale {
    bool mean = true;          // times rows of the batch gives the sum
    double count_per_row = 1;  // values that each row adds
  };
  std::vector<Scale> scales;  // of each metric
};

StepOutputs make_outputs(const CompileOptions& options, const Tensor& y_true, const Tensor& y_pred);

}  // namespace shoal::train
