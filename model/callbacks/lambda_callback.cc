#include "model/callbacks/lambda_callback.h"

namespace shoal::callbacks {
namespace {

class LambdaCallbackImpl : public Callback {
 public:
  explicit LambdaCallbackImpl(const LambdaOptions& options) : hooks_(options) {}

  void on_epoch_begin(int epoch) override { call(hooks_.on_epoch_begin, epoch); }
  void on_epoch_end(int epoch, Logs& logs) override { call(hooks_.on_epoch_end, epoch, logs); }
  void on_train_begin() override { call(hooks_.on_train_begin); }
  void on_train_end(const Logs& logs) override { call(hooks_.on_train_end, logs); }
  void on_train_batch_begin(int batch) override { call(hooks_.on_train_batch_begin, batch); }
  void on_train_batch_end(int batch, const Logs& logs) override { call(hooks_.on_train_batch_end, batch, logs); }

 private:
  template <class Hook, class... Arguments>
  static void call(const Hook& hook, Arguments&&... arguments) {
    if (hook) hook(arguments...);
  }
  LambdaOptions hooks_;
};

}  // namespace

CallbackPtr LambdaCallback(const LambdaOptions& options) { return std::make_shared<LambdaCallbackImpl>(options); }

}  // namespace shoal::callbacks
