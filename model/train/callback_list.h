#pragma once

#include <vector>

#include "model/train/callback.h"

namespace shoal::train {

// The user's callbacks in their order.
class CallbackList {
 public:
  CallbackList(std::vector<CallbackPtr> callbacks, Model* model);

  bool empty() const { return callbacks_.empty(); }
  bool read_weights_after_batch() const { return reads_weights_; }

  template <class... Parameters, class... Arguments>
  void call(void (Callback::*hook)(Parameters...), Arguments&&... arguments) const {
    for (const CallbackPtr& callback : callbacks_) (callback.get()->*hook)(arguments...);
  }

  nlohmann::json states() const;
  // Throws ValueError when the number of states differs.
  void restore(const nlohmann::json& states) const;

 private:
  std::vector<CallbackPtr> callbacks_;
  bool reads_weights_ = false;
};

}  // namespace shoal::train
