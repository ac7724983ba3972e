#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/train/model.h"
#include "model/train/objectives.h"
#include "model/train/step_program.h"

namespace shoal::train {

// How many values the masks of the predictions keep in the whole global batch: what a masked loss divides by where each
// worker has only its rows. Masks follow from the data, which every worker has, so each counts by itself: all get the
// same numbers, those of a single process, and nothing is exchanged.
class MaskCounts {
 public:
  // Null when there is one worker, or when no prediction with a loss carries a mask. Throws ValueError when a mask
  // follows from weights or random draws.
  static std::unique_ptr<MaskCounts> make(Model& model, const Signature& signature);
  virtual ~MaskCounts() = default;

  // Whether an input of the model has a part in a mask.
  virtual const std::vector<bool>& inputs() const = 0;
  // For each output a scalar of its dtype, not below 1; null where nothing is masked. Valid until the next call.
  virtual std::span<const void* const> count(std::span<const void* const> x, std::int64_t rows) = 0;
};

}  // namespace shoal::train
