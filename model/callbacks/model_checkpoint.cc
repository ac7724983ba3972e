#include "model/callbacks/model_checkpoint.h"

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>

#include "common/base/error.h"
#include "model/callbacks/file_pattern.h"
#include "model/callbacks/monitor.h"
#include "model/callbacks/state_codec.h"
#include "model/train/model.h"
#include "model/train/run_context.h"

namespace shoal::callbacks {
namespace {

class ModelCheckpointImpl : public Callback {
 public:
  ModelCheckpointImpl(std::string filepath, const ModelCheckpointOptions& options)
      : filepath_(std::move(filepath)), options_(options), best_(options.initial_value_threshold) {
    if (options.save_best_only) monitor_.emplace("ModelCheckpoint", options.monitor, options.mode);
    if (options.save_freq < 0) raise("ModelCheckpoint: save_freq must not be negative, received {}", options.save_freq);
    const char* ending = options.save_weights_only ? ".weights.h5" : ".keras";
    if (!filepath_.ends_with(ending))
      raise("ModelCheckpoint: filepath must end in {}, received '{}'", ending, filepath_);
  }

  bool reads_weights_after_batch() const override { return options_.save_freq > 0; }
  void on_epoch_begin(int epoch) override { epoch_ = epoch; }

  void on_train_batch_end(int batch, const Logs& logs) override {
    if (options_.save_freq > 0 && ++batches_ % options_.save_freq == 0) save(batch, logs);
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    epoch_ = epoch;
    if (options_.save_freq == 0) save(0, logs);
  }

  nlohmann::json state() const override { return {{"best", encode(best_)}, {"batches", batches_}, {"epoch", epoch_}}; }

  void restore(const nlohmann::json& state) override {
    best_ = decode_number(state.at("best"));
    state.at("batches").get_to(batches_);
    state.at("epoch").get_to(epoch_);
  }

 private:
  void save(int batch, const Logs& logs) {
    const int epoch = epoch_ + 1;
    const std::string path = fill_pattern(filepath_, epoch, batch + 1, logs);
    if (!monitor_) {
      say(fmt::format("\nEpoch {}: saving model to {}\n", epoch, path));
      return write(path);
    }
    const auto value = monitor_->value(logs, is_chief());
    if (!value) return;
    const std::string before = best_ ? fmt::format("{:.5f}", *best_) : "None";
    if (!monitor_->better(*value, best_)) {
      say(fmt::format("\nEpoch {}: {} did not improve from {}\n", epoch, monitor_->name(), before));
      return;
    }
    say(fmt::format("\nEpoch {}: {} improved from {} to {:.5f}, saving model to {}\n", epoch, monitor_->name(), before,
                    *value, path));
    best_ = value;
    write(path);
  }

  void write(const std::string& path) {
    if (is_chief()) {
      const auto folder = std::filesystem::path(path).parent_path();
      if (!folder.empty()) std::filesystem::create_directories(folder);
    }
    if (options_.save_weights_only)
      model().save_weights(path);
    else
      model().save(path);
    if (train::run_context().workers() > 1) train::run_context().barrier();  // nothing moves while the chief writes
  }

  void say(const std::string& text) const {
    if (options_.verbose == 0 || !is_chief()) return;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  std::string filepath_;
  ModelCheckpointOptions options_;
  std::optional<Monitor> monitor_;
  std::optional<double> best_;
  std::int64_t batches_ = 0;
  int epoch_ = 0;
};

}  // namespace

CallbackPtr ModelCheckpoint(const std::string& filepath, const ModelCheckpointOptions& options) {
  return std::make_shared<ModelCheckpointImpl>(filepath, options);
}

}  // namespace shoal::callbacks
