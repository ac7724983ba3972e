#include "model/layers/relu.h"

#include "common/base/error.h"
#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class ReLUImpl : public LayerImpl {
 public:
  explicit ReLUImpl(const ReLUOptions& options) : LayerImpl(options.name), options_(options) {
    for (const auto& [key, value] :
         {std::pair{"max_value", options.max_value.value_or(0)}, std::pair{"negative_slope", options.negative_slope},
          std::pair{"threshold", options.threshold}})
      if (!(value >= 0)) raise("ReLU: {} may not be negative, received {}", key, value);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "ReLU"; }
  bool supports_masking() const override { return true; }
  Tensor call(const Tensor& x, bool /*training*/) override {
    return activations::relu(x, options_.negative_slope, options_.max_value, options_.threshold);
  }
  nlohmann::json get_config() const override {
    return {{"max_value", options_.max_value ? nlohmann::json(*options_.max_value) : nlohmann::json()},
            {"negative_slope", options_.negative_slope},
            {"threshold", options_.threshold}};
  }

 private:
  ReLUOptions options_;
};

}  // namespace

Layer ReLU(const ReLUOptions& options) { return make_layer<ReLUImpl>(options); }

Layer relu_from_config(const nlohmann::json& config) {
  ReLUOptions options;
  if (config.contains("max_value") && !config["max_value"].is_null())
    options.max_value = read_number("ReLU", config, "max_value", 0);
  options.negative_slope = read_number("ReLU", config, "negative_slope", 0);
  options.threshold = read_number("ReLU", config, "threshold", 0);
  options.name = read_text("ReLU", config, "name", "");
  Layer layer = ReLU(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
