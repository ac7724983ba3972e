#include "model/layers/masking.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class MaskingImpl : public LayerImpl {
 public:
  explicit MaskingImpl(const MaskingOptions& options) : LayerImpl(options.name), mask_value_(options.mask_value) {
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Masking"; }
  bool supports_masking() const override { return true; }
  void check_input(const Shape& input) const override { require_min_rank(*this, input, 2); }

  Tensor call(const Tensor& x, bool /*training*/) override {
    return ops::where(ops::expand_dims(counts(x), -1), x, ops::zeros_like(x));
  }

  Tensor compute_mask(const std::vector<Tensor>& inputs, const std::vector<Tensor>& /*masks*/) const override {
    return counts(inputs.at(0));
  }

  nlohmann::json get_config() const override { return {{"mask_value", mask_value_}}; }

 private:
  // Does any value of a step differ from mask_value?
  Tensor counts(const Tensor& x) const {
    const Tensor differs = ops::cast(ops::not_equal(x, mask_value_), DType::kInt32);
    return ops::greater(ops::max(differs, {-1}), 0.0);
  }

  double mask_value_;
};

}  // namespace

Layer Masking(const MaskingOptions& options) { return make_layer<MaskingImpl>(options); }

Layer masking_from_config(const nlohmann::json& config) {
  MaskingOptions options;
  options.mask_value = read_number("Masking", config, "mask_value", 0);
  options.name = read_text("Masking", config, "name", "");
  Layer layer = Masking(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
