#pragma once

#include <functional>

#include "model/train/callback.h"

namespace shoal::callbacks {

struct LambdaOptions {
  std::function<void(int epoch)> on_epoch_begin = {};
  std::function<void(int epoch, Logs& logs)> on_epoch_end = {};
  std::function<void()> on_train_begin = {};
  std::function<void(const Logs& logs)> on_train_end = {};
  std::function<void(int batch)> on_train_batch_begin = {};
  std::function<void(int batch, const Logs& logs)> on_train_batch_end = {};
};

// A callback of functions, each optional.
CallbackPtr LambdaCallback(const LambdaOptions& options);

}  // namespace shoal::callbacks
