#include "model/callbacks/early_stopping.h"

#include <fmt/core.h>

#include <cstdio>

#include "model/callbacks/monitor.h"
#include "model/callbacks/state_codec.h"
#include "model/train/model.h"

namespace shoal::callbacks {
namespace {

class EarlyStoppingImpl : public Callback {
 public:
  explicit EarlyStoppingImpl(const EarlyStoppingOptions& options)
      : options_(options), monitor_("EarlyStopping", options.monitor, options.mode, options.min_delta) {}

  void on_train_begin() override {
    wait_ = best_epoch_ = 0;
    stopped_epoch_ = -1;
    best_.reset();
    best_weights_.clear();
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (epoch < options_.start_from_epoch) return;
    const auto value = monitor_.value(logs, is_chief());
    if (!value) return;
    if (options_.restore_best_weights && best_weights_.empty()) keep(epoch);
    ++wait_;
    if (monitor_.better(*value, best_)) {
      best_ = value;
      best_epoch_ = epoch;
      if (options_.restore_best_weights) keep(epoch);
      if (!options_.baseline || monitor_.better(*value, options_.baseline)) wait_ = 0;
      return;
    }
    if (wait_ >= options_.patience && epoch > 0) {
      stopped_epoch_ = epoch;
      model().stop_training = true;
    }
  }

  void on_train_end(const Logs&) override {
    if (stopped_epoch_ >= 0) say(fmt::format("Epoch {}: early stopping\n", stopped_epoch_ + 1));
    if (!options_.restore_best_weights || best_weights_.empty()) return;
    say(fmt::format("Restoring model weights from the end of the best epoch: {}.\n", best_epoch_ + 1));
    model().set_weights(best_weights_);
  }

  nlohmann::json state() const override {
    return {{"wait", wait_},
            {"best", encode(best_)},
            {"best_epoch", best_epoch_},
            {"stopped_epoch", stopped_epoch_},
            {"best_weights", encode(best_weights_)}};
  }

  void restore(const nlohmann::json& state) override {
    state.at("wait").get_to(wait_);
    best_ = decode_number(state.at("best"));
    state.at("best_epoch").get_to(best_epoch_);
    state.at("stopped_epoch").get_to(stopped_epoch_);
    best_weights_ = decode_tensors(state.at("best_weights"));
  }

 private:
  void keep(int epoch) {
    best_weights_ = model().get_weights();
    best_epoch_ = epoch;
  }

  void say(const std::string& text) const {
    if (options_.verbose == 0 || !is_chief()) return;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  EarlyStoppingOptions options_;
  Monitor monitor_;
  int wait_ = 0, best_epoch_ = 0, stopped_epoch_ = -1;
  std::optional<double> best_;
  std::vector<Tensor> best_weights_;
};

}  // namespace

CallbackPtr EarlyStopping(const EarlyStoppingOptions& options) { return std::make_shared<EarlyStoppingImpl>(options); }

}  // namespace shoal::callbacks
