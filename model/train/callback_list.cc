#include "model/train/callback_list.h"

#include "common/base/error.h"

namespace shoal::train {

CallbackList::CallbackList(std::vector<CallbackPtr> callbacks, Model* model) : callbacks_(std::move(callbacks)) {
  for (const CallbackPtr& callback : callbacks_) {
    callback->set_model(model);
    reads_weights_ = reads_weights_ || callback->reads_weights_after_batch();
  }
}

nlohmann::json CallbackList::states() const {
  nlohmann::json result = nlohmann::json::array();
  for (const CallbackPtr& callback : callbacks_) result.push_back(callback->state());
  return result;
}

void CallbackList::restore(const nlohmann::json& states) const {
  if (!states.is_array() || states.size() != callbacks_.size())
    raise("resume: the checkpoint holds the state of {} callbacks, fit was given {}", states.size(), callbacks_.size());
  for (std::size_t i = 0; i < callbacks_.size(); ++i) callbacks_[i]->restore(states[i]);
}

}  // namespace shoal::train
