#include "common/optim/rmsprop.h"

#include <limits>

#include "common/optim/loop_rule.h"

namespace shoal::optim {
namespace {

class Rmsprop final : public LoopRule<Rmsprop> {
 public:
  explicit Rmsprop(Hyperparameters& values)
      : LoopRule(Common(values)),
        rho_(values.number("rho", 0.9, 0.0, 1.0)),
        momentum_(values.number("momentum", 0.0, 0.0, 1.0)),
        epsilon_(values.number("epsilon", 1e-7, 0.0, std::numeric_limits<double>::max())),
        centered_(values.flag("centered", false)) {}

  std::string_view name() const override { return "RMSprop"; }
  int slots() const override { return 1 + (momentum_ > 0) + centered_; }
  std::string_view slot_name(int slot) const override {
    return slot == 0 ? "velocity" : slot == 1 && momentum_ > 0 ? "momentum" : "average_gradient";
  }

  Rest rest() const override {
    return decays() || !(static_cast<float>(epsilon_) > 0) ? Rest::kNever : Rest::kWhileFresh;
  }

  template <class T>
  RmspropStep<T> rounded(const Step& step) const {
    return {.learning_rate = static_cast<T>(step.learning_rate),
            .rho = static_cast<T>(rho_),
            .one_minus_rho = static_cast<T>(1 - rho_),
            .momentum = static_cast<T>(momentum_),
            .epsilon = static_cast<T>(epsilon_),
            .has_momentum = momentum_ > 0,
            .centered = centered_,
            .before = common().rounded<T>(step)};
  }
  template <class T>
  const auto& loops() const {
    return span_kernels<T>().rmsprop;
  }

 protected:
  nlohmann::json own_config() const override {
    return {{"rho", rho_}, {"momentum", momentum_}, {"epsilon", epsilon_}, {"centered", centered_}};
  }

 private:
  double rho_, momentum_, epsilon_;
  bool centered_;
};

}  // namespace

std::unique_ptr<Rule> make_rmsprop(Hyperparameters& values) { return std::make_unique<Rmsprop>(values); }

}  // namespace shoal::optim
