#include "model/layers/layer_normalization.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class LayerNormalizationImpl : public LayerImpl {
 public:
  explicit LayerNormalizationImpl(const LayerNormalizationOptions& options)
      : LayerImpl(options.name), options_(options) {
    if (options.axis.empty()) raise("LayerNormalization: axis must name at least one axis");
    if (!(options.epsilon >= 0)) raise("LayerNormalization: epsilon may not be negative, received {}", options.epsilon);
    options_.beta_initializer = initializers::get_config(options.beta_initializer);
    options_.gamma_initializer = initializers::get_config(options.gamma_initializer);
    set_regularizers({{"beta", options.beta_regularizer}, {"gamma", options.gamma_regularizer}});
    set_constraints({{"beta", options.beta_constraint}, {"gamma", options.gamma_constraint}});
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "LayerNormalization"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    const std::vector<int> axes = axes_of(input);
    if (axes[0] == 0 || std::ranges::adjacent_find(axes) != axes.end())
      raise("LayerNormalization '{}': axis must name axes of a row once each, received {} for shape {}", name(),
            nlohmann::json(options_.axis).dump(), input.to_string());
    if (built()) {
      require_rank(*this, input, build_shape().rank());
      for (const int axis : axes)
        if (input[axis] != build_shape()[axis])
          raise("LayerNormalization '{}': axis {} must have size {}, received shape {}", name(), axis,
                build_shape()[axis], input.to_string());
    }
  }

  void build(const Shape& input) override {
    std::vector<std::int64_t> dims;
    for (const int axis : axes_of(input)) dims.push_back(input[axis]);
    const Shape shape(std::move(dims));
    if (options_.scale || options_.rms_scaling) gamma_ = add_weight("gamma", shape, options_.gamma_initializer);
    if (options_.center && !options_.rms_scaling) beta_ = add_weight("beta", shape, options_.beta_initializer);
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    const std::vector<int> axes = axes_of(x.shape());
    const Tensor gamma = gamma_.defined() ? ops::convert_to_tensor(gamma_) : Tensor();
    if (!options_.rms_scaling) {
      const Tensor beta = beta_.defined() ? ops::convert_to_tensor(beta_) : Tensor();
      return ops::layer_normalization(x, gamma, beta, axes, options_.epsilon);
    }
    std::vector<std::int64_t> dims(static_cast<std::size_t>(x.shape().rank()), 1);
    for (const int axis : axes) dims[static_cast<std::size_t>(axis)] = x.shape()[axis];
    return x * ops::rsqrt(ops::var(x, axes, true) + options_.epsilon) * ops::reshape(gamma, Shape(std::move(dims)));
  }

  nlohmann::json get_config() const override {
    return {{"axis", options_.axis},
            {"epsilon", options_.epsilon},
            {"center", options_.center},
            {"scale", options_.scale},
            {"rms_scaling", options_.rms_scaling},
            {"beta_initializer", options_.beta_initializer},
            {"gamma_initializer", options_.gamma_initializer},
            {"beta_regularizer", nullptr},
            {"gamma_regularizer", nullptr},
            {"beta_constraint", nullptr},
            {"gamma_constraint", nullptr}};
  }

 private:
  std::vector<int> axes_of(const Shape& input) const {
    std::vector<int> axes;
    for (const int axis : options_.axis) axes.push_back(input.normalize_axis(axis));
    std::ranges::sort(axes);
    return axes;
  }

  LayerNormalizationOptions options_;
  Variable gamma_, beta_;
};

}  // namespace

Layer LayerNormalization(const LayerNormalizationOptions& options) {
  return make_layer<LayerNormalizationImpl>(options);
}

Layer layer_normalization_from_config(const nlohmann::json& config) {
  constexpr const char* kPlace = "LayerNormalization";
  LayerNormalizationOptions options;
  options.axis.clear();
  for (const std::int64_t axis : read_integers(kPlace, config, "axis", {-1}))
    options.axis.push_back(static_cast<int>(axis));
  options.epsilon = read_number(kPlace, config, "epsilon", options.epsilon);
  options.center = read_flag(kPlace, config, "center", true);
  options.scale = read_flag(kPlace, config, "scale", true);
  options.rms_scaling = read_flag(kPlace, config, "rms_scaling", false);
  options.beta_initializer = config.value("beta_initializer", options.beta_initializer);
  options.gamma_initializer = config.value("gamma_initializer", options.gamma_initializer);
  options.name = read_text(kPlace, config, "name", "");
  Layer layer = LayerNormalization(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
