#pragma once

#include <span>
#include <vector>

#include "model/train/added_losses.h"
#include "model/train/model.h"
#include "model/train/objectives.h"

namespace shoal::train {

// Loss and metrics of one step as tensors, traced or eager.
struct StepOutputs {
  Tensor loss;                  // scalar: mean over the rows, of all outputs by their weights, and what is added to it
  std::vector<Tensor> metrics;  // scalars, as log_names has them after the loss: sums over the rows, or means
  struct Scale {
    bool mean = true;          // times rows of the batch gives the sum
    double count_per_row = 1;  // values that each row adds
  };
  std::vector<Scale> scales;  // of each metric
};

// One target for each output, undefined where the output has neither loss nor metrics.
StepOutputs make_outputs(const std::vector<Objective>& objectives, const std::vector<Tensor>& y_true,
                         const std::vector<Tensor>& y_pred, const AddedLosses& added);

}  // namespace shoal::train
