#pragma once

#include <vector>

#include "model/layers/call_losses.h"
#include "model/train/model.h"

namespace shoal::train {

// What a step adds to the loss of its predictions: regularizers of the trained weights, each weight once however many
// layers share it, and what layers added in their calls.
struct AddedLosses {
  AddedLosses() = default;
  AddedLosses(const Model& model, const layers::CallLosses& calls);

  std::vector<Tensor> of_weights;  // scalars, of whole weights
  std::vector<Tensor> of_calls;    // scalars, of this process's rows
};

// The regularizers of the model's trained weights, each weight once.
std::vector<Tensor> penalties_of(const Model& model);

// The sum as this process's part of it, undefined when there is nothing to add. Weights count by the rows that this
// process has of the global batch, so that over all workers each is counted once; `rows` is any tensor with the
// batch's rows in front.
Tensor part_of(const AddedLosses& losses, const Tensor& rows);

}  // namespace shoal::train
