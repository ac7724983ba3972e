#include "common/optim/adagrad.h"

#include <limits>

#include "common/optim/span_kernels.h"

namespace shoal::optim {
namespace {

class Adagrad final : public Rule {
 public:
  explicit Adagrad(Hyperparameters& values)
      : Rule(Common(values)),
        initial_(values.number("initial_accumulator_value", 0.1, 0.0, std::numeric_limits<double>::max())),
        epsilon_(values.number("epsilon", 1e-7, 0.0, std::numeric_limits<double>::max())) {}

  std::string_view name() const override { return "Adagrad"; }
  int slots() const override { return 1; }
  std::string_view slot_name(int) const override { return "accumulator"; }
  double slot_initial(int) const override { return initial_; }

  void apply(const Step& step, std::size_t n, float* w, const float* g, float* const* slots) const override {
    span_kernels<float>().adagrad(rounded<float>(step), n, w, g, slots);
  }
  void apply(const Step& step, std::size_t n, double* w, const double* g, double* const* slots) const override {
    span_kernels<double>().adagrad(rounded<double>(step), n, w, g, slots);
  }

 protected:
  nlohmann::json own_config() const override {
    return {{"initial_accumulator_value", initial_}, {"epsilon", epsilon_}};
  }

 private:
  template <class T>
  AdagradStep<T> rounded(const Step& step) const {
    return {static_cast<T>(step.learning_rate), static_cast<T>(epsilon_), common().rounded<T>(step)};
  }

  double initial_, epsilon_;
};

}  // namespace

std::unique_ptr<Rule> make_adagrad(Hyperparameters& values) { return std::make_unique<Adagrad>(values); }

}  // namespace shoal::optim
