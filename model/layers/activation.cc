#include "model/layers/activation.h"

#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class ActivationImpl : public LayerImpl {
 public:
  ActivationImpl(std::string activation, const ActivationOptions& options)
      : LayerImpl(options.name), activation_(std::move(activation)) {
    activations::check("Activation", activation_);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Activation"; }
  bool supports_masking() const override { return true; }
  Tensor call(const Tensor& x, bool /*training*/) override { return activations::apply(activation_, x); }
  nlohmann::json get_config() const override { return {{"activation", activation_}}; }

 private:
  std::string activation_;
};

}  // namespace

Layer Activation(const std::string& activation, const ActivationOptions& options) {
  return make_layer<ActivationImpl>(activation, options);
}

Layer activation_from_config(const nlohmann::json& config) {
  Layer layer =
      Activation(read_activation("Activation", config), {.name = read_text("Activation", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
