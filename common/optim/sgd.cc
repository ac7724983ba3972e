#include "common/optim/sgd.h"

#include "common/optim/span_kernels.h"

namespace shoal::optim {
namespace {

class Sgd final : public Rule {
 public:
  explicit Sgd(Hyperparameters& values)
      : Rule(Common(values)),
        momentum_(values.number("momentum", 0.0, 0.0, 1.0)),
        nesterov_(values.flag("nesterov", false)) {}

  std::string_view name() const override { return "SGD"; }
  int slots() const override { return momentum_ > 0 ? 1 : 0; }
  std::string_view slot_name(int) const override { return "momentum"; }

  void apply(const Step& step, std::size_t n, float* w, const float* g, float* const* slots) const override {
    span_kernels<float>().sgd(rounded<float>(step), n, w, g, slots);
  }
  void apply(const Step& step, std::size_t n, double* w, const double* g, double* const* slots) const override {
    span_kernels<double>().sgd(rounded<double>(step), n, w, g, slots);
  }

  nlohmann::json own_config() const override { return {{"momentum", momentum_}, {"nesterov", nesterov_}}; }

 private:
  template <class T>
  SgdStep<T> rounded(const Step& step) const {
    return {static_cast<T>(step.learning_rate), static_cast<T>(momentum_), momentum_ > 0, nesterov_,
            common().rounded<T>(step)};
  }

  double momentum_;
  bool nesterov_;
};

}  // namespace

std::unique_ptr<Rule> make_sgd(Hyperparameters& values) { return std::make_unique<Sgd>(values); }

}  // namespace shoal::optim
