#include "common/optim/adagrad.h"

#include <limits>

#include "common/optim/loop_rule.h"

namespace shoal::optim {
namespace {

class Adagrad final : public LoopRule<Adagrad> {
 public:
  explicit Adagrad(Hyperparameters& values)
      : LoopRule(Common(values)),
        initial_(values.number("initial_accumulator_value", 0.1, 0.0, std::numeric_limits<double>::max())),
        epsilon_(values.number("epsilon", 1e-7, 0.0, std::numeric_limits<double>::max())) {}

  std::string_view name() const override { return "Adagrad"; }
  int slots() const override { return 1; }
  std::string_view slot_name(int) const override { return "accumulator"; }
  double slot_initial(int) const override { return initial_; }

  Rest rest() const override {
    return decays() || !(static_cast<float>(initial_ + epsilon_) > 0) ? Rest::kNever : Rest::kAlways;
  }

  template <class T>
  AdagradStep<T> rounded(const Step& step) const {
    return {static_cast<T>(step.learning_rate), static_cast<T>(epsilon_), common().rounded<T>(step)};
  }
  template <class T>
  const auto& loops() const {
    return span_kernels<T>().adagrad;
  }

 protected:
  nlohmann::json own_config() const override {
    return {{"initial_accumulator_value", initial_}, {"epsilon", epsilon_}};
  }

 private:
  double initial_, epsilon_;
};

}  // namespace

std::unique_ptr<Rule> make_adagrad(Hyperparameters& values) { return std::make_unique<Adagrad>(values); }

}  // namespace shoal::optim
