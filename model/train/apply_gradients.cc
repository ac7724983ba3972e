// Model::apply_gradients: the step of a loop of one's own.
#include <cstring>

#include "common/base/error.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal {

void Model::apply_gradients(const std::vector<Tensor>& gradients) {
  if (const int workers = train::run_context().workers(); workers > 1)
    raise("apply_gradients: a loop of one's own trains in one process; this job has {} workers, where fit is the loop",
          workers);
  if (state_->fitting) raise("apply_gradients: model '{}' is being fitted", name());
  train::ParameterUpdater& updater = this->updater();
  const auto& entries = parameter_space().entries();
  if (gradients.size() != entries.size())
    raise("apply_gradients: model '{}' has {} trainable weights, received {} gradients", name(), entries.size(),
          gradients.size());
  plan::evaluate(gradients);  // all of them, before the first weight changes
  std::vector<Tensor> values;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Variable& variable = entries[i].variable;
    if (!gradients[i].defined() || gradients[i].shape() != variable.shape())
      raise("apply_gradients: weight '{}' has shape {}, its gradient {}", variable.path(), variable.shape().to_string(),
            gradients[i].defined() ? gradients[i].shape().to_string() : "is undefined");
    values.push_back(gradients[i].dtype() == variable.dtype() ? gradients[i] : gradients[i].astype(variable.dtype()));
  }
  train::make_weights_common(*this);
  updater.begin_step({optimizer().iterations, optimizer().current_learning_rate()});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const int index = static_cast<int>(i);
    updater.before_forward(index);
    updater.before_gradient_write(index);
    std::memcpy(entries[i].variable.gradient(), values[i].raw(), entries[i].variable.bytes());
    updater.gradient_ready(index);
  }
  updater.step_done();
  updater.all_current();
  ++optimizer().iterations;
  ++state_->step;
}

}  // namespace shoal
