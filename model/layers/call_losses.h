#pragma once

#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::layers {

// While it lives, what layers called in this thread add to the loss is kept: activity regularizers and a person's own
// LayerImpl::add_loss. Without one nothing is kept. The innermost takes all.
class CallLosses {
 public:
  CallLosses();
  ~CallLosses();
  CallLosses(const CallLosses&) = delete;
  CallLosses& operator=(const CallLosses&) = delete;

  const std::vector<Tensor>& values() const { return values_; }  // scalars
  static void add(const Tensor& loss);
  static bool active();  // whether one lives in this thread

 private:
  CallLosses* previous_;
  std::vector<Tensor> values_;
};

}  // namespace shoal::layers
