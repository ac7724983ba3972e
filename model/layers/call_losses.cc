#include "model/layers/call_losses.h"

#include "common/base/error.h"

namespace shoal::layers {
namespace {
thread_local CallLosses* current = nullptr;
}

CallLosses::CallLosses() : previous_(current) { current = this; }
CallLosses::~CallLosses() { current = previous_; }

bool CallLosses::active() { return current != nullptr; }

void CallLosses::add(const Tensor& loss) {
  if (!loss.defined() || loss.shape().rank() != 0 || !is_floating(loss.dtype()))
    raise("add_loss: a loss must be a floating scalar, received {}",
          loss.defined() ? "shape " + loss.shape().to_string() : std::string("an undefined tensor"));
  if (current != nullptr) current->values_.push_back(loss);
}

}  // namespace shoal::layers
