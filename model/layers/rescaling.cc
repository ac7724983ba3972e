#include "model/layers/rescaling.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class RescalingImpl : public LayerImpl {
 public:
  RescalingImpl(double scale, const RescalingOptions& options)
      : LayerImpl(options.name), scale_(scale), offset_(options.offset) {
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Rescaling"; }
  bool supports_masking() const override { return true; }

  Tensor call(const Tensor& x, bool /*training*/) override {
    const Tensor scaled = (x.dtype() == dtype() ? x : ops::cast(x, dtype())) * Tensor(scale_);
    return offset_ == 0 ? scaled : scaled + Tensor(offset_);
  }

  nlohmann::json get_config() const override { return {{"scale", scale_}, {"offset", offset_}}; }

 private:
  double scale_, offset_;
};

}  // namespace

Layer Rescaling(double scale, const RescalingOptions& options) { return make_layer<RescalingImpl>(scale, options); }

Layer rescaling_from_config(const nlohmann::json& config) {
  RescalingOptions options;
  options.offset = read_number("Rescaling", config, "offset", 0);
  options.name = read_text("Rescaling", config, "name", "");
  Layer layer = Rescaling(read_number("Rescaling", config, "scale", 1), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
