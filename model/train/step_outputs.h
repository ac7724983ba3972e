#pragma once

#include <span>
#include <vector>

#include "model/train/added_losses.h"
#include "model/train/model.h"
#include "model/train/objectives.h"

namespace shoal::train {

// Loss and metrics of one step as tensors, traced or eager.
struct StepOutputs {
  Tensor loss;  // scalar: mean over the rows, of all outputs by their weights, and what is added to it
  // As log_names has them after the loss: scalars, sums over the rows or means; or all that is added to the sums.
  std::vector<Tensor> metrics;
  struct Scale {
    bool mean = true;          // times rows of the batch gives the sum
    double count_per_row = 1;  // values that each row adds
    std::size_t size = 0;      // above 0: so many numbers that are added as they are
  };
  std::vector<Scale> scales;  // of each metric
};

// Adds to a metric's sums what one step gave of it; the place behind them. `mean_rows`: of which a mean was taken.
double* add_to_sums(const StepOutputs::Scale& scale, const void* value, DType dtype, double rows, double mean_rows,
                    double* sums);

// One target for each output, undefined where the output has neither loss nor metrics; `weights` of samples as well,
// undefined where there are none, or empty. `kept`: for each output how many values its mask keeps in the global batch,
// undefined where there is no mask; empty where the rows are all of it.
StepOutputs make_outputs(const std::vector<Objective>& objectives, const std::vector<Tensor>& y_true,
                         const std::vector<Tensor>& y_pred, const AddedLosses& added,
                         const std::vector<Tensor>& weights = {}, const std::vector<Tensor>& kept = {});

}  // namespace shoal::train
