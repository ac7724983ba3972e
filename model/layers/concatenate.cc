#include "model/layers/concatenate.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class ConcatenateImpl : public LayerImpl {
 public:
  explicit ConcatenateImpl(const ConcatenateOptions& options) : LayerImpl(options.name), axis_(options.axis) {
    if (options.dtype) set_dtype(*options.dtype);
  }

  std::string class_name() const override { return "Concatenate"; }
  bool supports_masking() const override { return true; }
  void build_all(const std::vector<Shape>&) override {}

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.empty()) raise("Concatenate '{}': needs a list of at least one input", name());
    const int axis = inputs[0].normalize_axis(axis_);
    if (axis == 0) raise("Concatenate '{}': axis may not be the batch axis", name());
    for (const Shape& input : inputs) {
      bool fits = input.rank() == inputs[0].rank();
      for (int i = 1; fits && i < input.rank(); ++i) fits = i == axis || input[i] == inputs[0][i];
      if (!fits)
        raise("Concatenate '{}': shapes must agree but for axis {}, received {} and {}", name(), axis_,
              inputs[0].to_string(), input.to_string());
    }
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions&) override {
    return {ops::concatenate(inputs, axis_)};
  }

  // Masks are joined as the inputs are; a step counts when one of its elements does.
  Tensor compute_mask(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks) const override {
    if (std::ranges::none_of(masks, [](const Tensor& mask) { return mask.defined(); })) return Tensor();
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Shape& shape = inputs[i].shape();
      if (!masks[i].defined()) {
        parts.push_back(ops::broadcast_to(ops::cast(Tensor(1.0), DType::kBool), shape));
      } else {
        parts.push_back(masks[i].shape().rank() < shape.rank()
                            ? ops::broadcast_to(ops::expand_dims(masks[i], -1), shape)
                            : masks[i]);
      }
    }
    return ops::any(ops::concatenate(parts, axis_), {-1});
  }

  nlohmann::json get_config() const override { return {{"axis", axis_}}; }

 private:
  int axis_;
};

}  // namespace

Layer Concatenate(const ConcatenateOptions& options) { return make_layer<ConcatenateImpl>(options); }

Layer concatenate_from_config(const nlohmann::json& config) {
  const std::int64_t axis = config.contains("axis") ? read_integer("Concatenate", config, "axis") : -1;
  Layer layer = Concatenate({.axis = static_cast<int>(axis), .name = read_text("Concatenate", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
