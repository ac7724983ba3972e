#include "model/layers/elu.h"

#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class ELUImpl : public LayerImpl {
 public:
  explicit ELUImpl(const ELUOptions& options) : LayerImpl(options.name), alpha_(options.alpha) {
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "ELU"; }
  bool supports_masking() const override { return true; }
  Tensor call(const Tensor& x, bool /*training*/) override { return activations::elu(x, alpha_); }
  nlohmann::json get_config() const override { return {{"alpha", alpha_}}; }

 private:
  double alpha_;
};

}  // namespace

Layer ELU(const ELUOptions& options) { return make_layer<ELUImpl>(options); }

Layer elu_from_config(const nlohmann::json& config) {
  ELUOptions options;
  options.alpha = read_number("ELU", config, "alpha", 1);
  options.name = read_text("ELU", config, "name", "");
  Layer layer = ELU(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
