#include "common/optim/sgd.h"

#include "common/optim/loop_rule.h"

namespace shoal::optim {
namespace {

class Sgd final : public LoopRule<Sgd> {
 public:
  explicit Sgd(Hyperparameters& values)
      : LoopRule(Common(values)),
        momentum_(values.number("momentum", 0.0, 0.0, 1.0)),
        nesterov_(values.flag("nesterov", false)) {}

  std::string_view name() const override { return "SGD"; }
  int slots() const override { return momentum_ > 0 ? 1 : 0; }
  std::string_view slot_name(int) const override { return "momentum"; }

  Rest rest() const override { return decays() ? Rest::kNever : momentum_ > 0 ? Rest::kWhileFresh : Rest::kAlways; }

  template <class T>
  SgdStep<T> rounded(const Step& step) const {
    return {static_cast<T>(step.learning_rate), static_cast<T>(momentum_), momentum_ > 0, nesterov_,
            common().rounded<T>(step)};
  }
  template <class T>
  const auto& loops() const {
    return span_kernels<T>().sgd;
  }

  nlohmann::json own_config() const override { return {{"momentum", momentum_}, {"nesterov", nesterov_}}; }

 private:
  double momentum_;
  bool nesterov_;
};

}  // namespace

std::unique_ptr<Rule> make_sgd(Hyperparameters& values) { return std::make_unique<Sgd>(values); }

}  // namespace shoal::optim
