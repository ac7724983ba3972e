#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/train/history.h"

namespace shoal {

class Model;

// Subclass it. In a job every worker runs every callback (so all stop at the same epoch); what writes files or prints
// asks `is_chief()`.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin() {}
  virtual void on_train_end(const Logs&) {}
  virtual void on_epoch_begin(int /*epoch*/) {}
  virtual void on_epoch_end(int /*epoch*/, Logs& /*logs*/) {}  // logs are those of all workers
  virtual void on_train_batch_begin(int /*batch*/) {}
  virtual void on_train_batch_end(int /*batch*/, const Logs&) {}  // logs are this worker's running means
  virtual void on_test_begin() {}
  virtual void on_test_end(const Logs&) {}

  // True when a hook reads the weights after a batch: then `fit` waits for them to be current before it is called.
  virtual bool reads_weights_after_batch() const { return false; }
  // For checkpoints: what the callback must have back to go on as if never stopped.
  virtual nlohmann::json state() const { return nlohmann::json::object(); }
  virtual void restore(const nlohmann::json& /*state*/) {}

  void set_model(Model* model) { model_ = model; }
  Model& model() const { return *model_; }
  bool is_chief() const;

 private:
  Model* model_ = nullptr;
};

using CallbackPtr = std::shared_ptr<Callback>;

}  // namespace shoal
