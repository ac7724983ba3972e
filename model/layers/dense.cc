#include "model/layers/dense.h"

#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class DenseImpl : public LayerImpl {
 public:
  DenseImpl(std::int64_t units, const DenseOptions& options)
      : LayerImpl(options.name), units_(units), options_(options) {
    check_positive("Dense", "units", units);
    activations::check("Dense", options.activation);
    options_.kernel_initializer = initializers::get_config(options.kernel_initializer);
    options_.bias_initializer = initializers::get_config(options.bias_initializer);
    set_regularizers({{"kernel", options.kernel_regularizer},
                      {"bias", options.bias_regularizer},
                      {"activity", options.activity_regularizer}});
    set_constraints({{"kernel", options.kernel_constraint}, {"bias", options.bias_constraint}});
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Dense"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    require_min_rank(*this, input, 2);
    if (built()) require_last_axis(*this, input, build_shape()[-1]);
  }

  void build(const Shape& input) override {
    kernel_ = add_weight("kernel", {input[-1], units_}, options_.kernel_initializer);
    if (options_.use_bias) bias_ = add_weight("bias", {units_}, options_.bias_initializer);
  }

  Tensor call(const Tensor& x, bool /*training*/) override {
    Tensor y = ops::matmul(x, ops::convert_to_tensor(kernel_));
    if (options_.use_bias) y = y + ops::convert_to_tensor(bias_);
    return activations::apply(options_.activation, y);
  }

  nlohmann::json get_config() const override {
    return {{"units", units_},
            {"activation", options_.activation},
            {"use_bias", options_.use_bias},
            {"kernel_initializer", options_.kernel_initializer},
            {"bias_initializer", options_.bias_initializer},
            {"kernel_regularizer", nullptr},
            {"bias_regularizer", nullptr},
            {"kernel_constraint", nullptr},
            {"bias_constraint", nullptr}};
  }

 private:
  std::int64_t units_;
  DenseOptions options_;
  Variable kernel_, bias_;
};

}  // namespace

Layer Dense(std::int64_t units, const DenseOptions& options) { return make_layer<DenseImpl>(units, options); }

Layer dense_from_config(const nlohmann::json& config) {
  DenseOptions options;
  options.activation = read_activation("Dense", config);
  options.use_bias = read_flag("Dense", config, "use_bias", true);
  options.kernel_initializer = config.value("kernel_initializer", options.kernel_initializer);
  options.bias_initializer = config.value("bias_initializer", options.bias_initializer);
  options.name = read_text("Dense", config, "name", "");
  Layer layer = Dense(read_integer("Dense", config, "units"), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
