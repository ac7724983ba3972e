#include "model/layers/prelu.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class PReLUImpl : public LayerImpl {
 public:
  explicit PReLUImpl(const PReLUOptions& options) : LayerImpl(options.name), options_(options) {
    options_.alpha_initializer = initializers::get_config(options.alpha_initializer);
    set_regularizers({{"alpha", options.alpha_regularizer}});
    set_constraints({{"alpha", options.alpha_constraint}});
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "PReLU"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    for (const int axis : options_.shared_axes)
      if (axis < 1 || axis >= input.rank())
        raise("PReLU: shared_axes must name axes of a row of shape {}, received {}", input.to_string(), axis);
    if (built()) require_rank(*this, input, build_shape().rank());
  }

  void build(const Shape& input) override {
    std::vector<std::int64_t> dims(input.dims().begin() + 1, input.dims().end());
    for (const int axis : options_.shared_axes) dims[static_cast<std::size_t>(axis - 1)] = 1;
    alpha_ = add_weight("alpha", Shape(std::move(dims)), options_.alpha_initializer);
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    return ops::relu(x) - ops::convert_to_tensor(alpha_) * ops::relu(-x);
  }

  nlohmann::json get_config() const override {
    return {{"alpha_initializer", options_.alpha_initializer},
            {"alpha_regularizer", nullptr},
            {"alpha_constraint", nullptr},
            {"shared_axes", options_.shared_axes.empty() ? nlohmann::json() : nlohmann::json(options_.shared_axes)}};
  }

 private:
  PReLUOptions options_;
  Variable alpha_;
};

}  // namespace

Layer PReLU(const PReLUOptions& options) { return make_layer<PReLUImpl>(options); }

Layer prelu_from_config(const nlohmann::json& config) {
  PReLUOptions options;
  options.alpha_initializer = config.value("alpha_initializer", options.alpha_initializer);
  for (const std::int64_t axis : read_integers("PReLU", config, "shared_axes", {}))
    options.shared_axes.push_back(static_cast<int>(axis));
  options.name = read_text("PReLU", config, "name", "");
  Layer layer = PReLU(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
