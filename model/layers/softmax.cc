#include "model/layers/softmax.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class SoftmaxImpl : public LayerImpl {
 public:
  explicit SoftmaxImpl(const SoftmaxOptions& options) : LayerImpl(options.name), axis_(options.axis) {
    if (axis_.empty()) raise("Softmax: axis must name at least one axis");
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Softmax"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    for (const int axis : axis_)
      if (input.normalize_axis(axis) == 0)
        raise("Softmax '{}': axis may not be the batch axis, received {}", name(), axis);
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor& mask = options.masks.at(0);
    if (!mask.defined()) return {softmax(inputs[0])};
    const Tensor kept = softmax(ops::where(mask, inputs[0], Tensor(-1e9)));
    return {ops::where(mask, kept, Tensor(0.0))};
  }

  nlohmann::json get_config() const override {
    return {{"axis", axis_.size() == 1 ? nlohmann::json(axis_[0]) : nlohmann::json(axis_)}};
  }

 private:
  Tensor softmax(const Tensor& x) const {
    if (axis_.size() == 1) return ops::softmax(x, axis_[0]);
    const Tensor powers = ops::exp(x - ops::max(x, axis_, true));
    return powers / ops::sum(powers, axis_, true);
  }

  std::vector<int> axis_;
};

}  // namespace

Layer Softmax(const SoftmaxOptions& options) { return make_layer<SoftmaxImpl>(options); }

Layer softmax_from_config(const nlohmann::json& config) {
  SoftmaxOptions options;
  options.axis.clear();
  for (const std::int64_t axis : read_integers("Softmax", config, "axis", {-1}))
    options.axis.push_back(static_cast<int>(axis));
  options.name = read_text("Softmax", config, "name", "");
  Layer layer = Softmax(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
