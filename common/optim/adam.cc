#include "common/optim/adam.h"

#include <limits>

#include "common/optim/loop_rule.h"

namespace shoal::optim {
namespace {

class Adam final : public LoopRule<Adam> {
 public:
  // `decoupled`: AdamW, which decays its weights unless told otherwise.
  Adam(Hyperparameters& values, bool decoupled)
      : LoopRule(decoupled ? Common(values, 0.004) : Common(values)),
        decoupled_(decoupled),
        beta_1_(values.number("beta_1", 0.9, 0.0, 1.0, true)),
        beta_2_(values.number("beta_2", 0.999, 0.0, 1.0, true)),
        epsilon_(values.number("epsilon", 1e-7, 0.0, std::numeric_limits<double>::max())),
        amsgrad_(values.flag("amsgrad", false)) {}

  std::string_view name() const override { return decoupled_ ? "AdamW" : "Adam"; }
  int slots() const override { return amsgrad_ ? 3 : 2; }
  int slots_together() const override { return 2; }
  std::string_view slot_name(int slot) const override {
    return slot == 0 ? "momentum" : slot == 1 ? "velocity" : "velocity_hat";
  }

  // Fresh moments stay zero and divide zero by epsilon.
  Rest rest() const override {
    return decays() || !(static_cast<float>(epsilon_) > 0) ? Rest::kNever : Rest::kWhileFresh;
  }

  template <class T>
  AdamStep<T> rounded(const Step& step) const {
    return {static_cast<T>(adam_alpha(step.learning_rate, beta_1_, beta_2_, step.iteration)),
            static_cast<T>(1 - beta_1_),
            static_cast<T>(1 - beta_2_),
            static_cast<T>(epsilon_),
            amsgrad_,
            common().rounded<T>(step)};
  }
  template <class T>
  const auto& loops() const {
    return span_kernels<T>().adam;
  }

  nlohmann::json own_config() const override {
    return {{"beta_1", beta_1_}, {"beta_2", beta_2_}, {"epsilon", epsilon_}, {"amsgrad", amsgrad_}};
  }

 private:
  bool decoupled_;
  double beta_1_, beta_2_, epsilon_;
  bool amsgrad_;
};

}  // namespace

std::unique_ptr<Rule> make_adam(Hyperparameters& values) { return std::make_unique<Adam>(values, false); }
std::unique_ptr<Rule> make_adam_w(Hyperparameters& values) { return std::make_unique<Adam>(values, true); }

}  // namespace shoal::optim
