#pragma once

#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal::train {

// Weights that are not trained but assigned in a step, such as moving statistics, follow each worker's own rows. Here
// stand those that are not the same on all workers, and each worker's values of them.
struct OwnState {
  std::vector<int> weights;         // positions in model.weights(); the same on every worker
  std::vector<std::string> values;  // of each worker in rank order, bytes of all; on the chief alone
};

// Makes such weights the same on all workers: the mean of the workers', in double, added in rank order; integer ones
// become the chief's. Collective, as all here; alone it does nothing.
void make_state_common(Model& model);

// For a checkpoint: its state is the common one while this lives, then each worker goes on with its own.
class CommonForNow {
 public:
  explicit CommonForNow(Model& model);
  ~CommonForNow();
  CommonForNow(const CommonForNow&) = delete;
  CommonForNow& operator=(const CommonForNow&) = delete;
  const OwnState& before() const { return before_; }

 private:
  Model& model_;
  OwnState before_;
  std::string mine_;
};

// Gives each worker its own again. With another number of workers than there were, all keep the common state.
void restore_own_state(Model& model, const OwnState& state, int workers);

}  // namespace shoal::train
