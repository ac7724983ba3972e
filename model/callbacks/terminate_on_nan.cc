#include "model/callbacks/terminate_on_nan.h"

#include <cmath>
#include <cstdio>

#include "model/train/model.h"

namespace shoal::callbacks {
namespace {

class TerminateOnNaNImpl : public Callback {
 public:
  void on_train_batch_end(int batch, const Logs& logs) override {
    const auto loss = logs.find("loss");
    if (loss == logs.end() || std::isfinite(loss->second) || model().stop_training) return;
    std::printf("Batch %d: Invalid loss, terminating training\n", batch);
    std::fflush(stdout);
    model().stop_training = true;
  }
};

}  // namespace

CallbackPtr TerminateOnNaN() { return std::make_shared<TerminateOnNaNImpl>(); }

}  // namespace shoal::callbacks
