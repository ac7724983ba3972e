#include "model/layers/leaky_relu.h"

#include "common/base/error.h"
#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class LeakyReLUImpl : public LayerImpl {
 public:
  explicit LeakyReLUImpl(const LeakyReLUOptions& options)
      : LayerImpl(options.name), negative_slope_(options.negative_slope) {
    if (!(negative_slope_ >= 0)) raise("LeakyReLU: negative_slope may not be negative, received {}", negative_slope_);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "LeakyReLU"; }
  bool supports_masking() const override { return true; }
  Tensor call(const Tensor& x, bool /*training*/) override { return activations::leaky_relu(x, negative_slope_); }
  nlohmann::json get_config() const override { return {{"negative_slope", negative_slope_}}; }

 private:
  double negative_slope_;
};

}  // namespace

Layer LeakyReLU(const LeakyReLUOptions& options) { return make_layer<LeakyReLUImpl>(options); }

Layer leaky_relu_from_config(const nlohmann::json& config) {
  LeakyReLUOptions options;
  options.negative_slope = read_number("LeakyReLU", config, "negative_slope", 0.3);
  options.name = read_text("LeakyReLU", config, "name", "");
  Layer layer = LeakyReLU(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
