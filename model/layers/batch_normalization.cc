#include "model/layers/batch_normalization.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

// Moments of what the mask lets count: bool, of x's shape without the last axis.
ops::Moments masked_moments(const Tensor& x, const Tensor& mask, int axis) {
  constexpr double kEpsilon = 1e-7;
  std::vector<int> others;
  for (int other = 0; other < x.shape().rank(); ++other)
    if (other != axis) others.push_back(other);
  std::vector<std::int64_t> thin(static_cast<std::size_t>(x.shape().rank()), 1);
  thin[static_cast<std::size_t>(axis)] = x.shape()[axis];
  const Tensor counts = ops::broadcast_to(ops::expand_dims(mask, -1), x.shape());
  const Tensor weight = ops::sum(ops::cast(counts, x.dtype()), others) + kEpsilon;
  const Tensor mean = ops::sum(ops::where(counts, x, Tensor(0.0)), others) / weight;
  const Tensor difference = ops::where(counts, x - ops::reshape(mean, Shape(std::move(thin))), Tensor(0.0));
  return {mean, ops::sum(ops::square(difference), others) / weight};
}

class BatchNormalizationImpl : public LayerImpl {
 public:
  explicit BatchNormalizationImpl(const BatchNormalizationOptions& options)
      : LayerImpl(options.name), options_(options) {
    if (!(options.epsilon >= 0)) raise("BatchNormalization: epsilon may not be negative, received {}", options.epsilon);
    for (Initializer* initializer : {&options_.beta_initializer, &options_.gamma_initializer,
                                     &options_.moving_mean_initializer, &options_.moving_variance_initializer})
      *initializer = initializers::get_config(*initializer);
    set_regularizers({{"beta", options.beta_regularizer}, {"gamma", options.gamma_regularizer}});
    set_constraints({{"beta", options.beta_constraint}, {"gamma", options.gamma_constraint}});
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "BatchNormalization"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    require_min_rank(*this, input, 2);
    const int axis = input.normalize_axis(options_.axis);
    if (axis == 0) raise("BatchNormalization '{}': axis may not be the batch axis", name());
    if (built()) {
      require_rank(*this, input, build_shape().rank());
      if (input[axis] != build_shape()[axis])
        raise("BatchNormalization '{}': axis {} must have size {}, received shape {}", name(), axis,
              build_shape()[axis], input.to_string());
    }
  }

  void build(const Shape& input) override {
    const Shape shape{input[options_.axis]};
    if (options_.scale) gamma_ = add_weight("gamma", shape, options_.gamma_initializer);
    if (options_.center) beta_ = add_weight("beta", shape, options_.beta_initializer);
    moving_mean_ = add_weight("moving_mean", shape, options_.moving_mean_initializer, false);
    moving_variance_ = add_weight("moving_variance", shape, options_.moving_variance_initializer, false);
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor& x = inputs[0];
    const int axis = x.shape().normalize_axis(options_.axis);
    ops::Moments moments{ops::convert_to_tensor(moving_mean_), ops::convert_to_tensor(moving_variance_)};
    if (options.training && trainable()) {
      const Tensor& mask = options.masks.at(0);
      if (mask.defined() && mask.shape().rank() != x.shape().rank() - 1)
        raise("BatchNormalization '{}': a mask has one axis less than the input, received shapes {} and {}", name(),
              mask.shape().to_string(), x.shape().to_string());
      const ops::Moments batch =
          mask.defined() ? masked_moments(x, mask, axis) : ops::moments_of_axis(x, axis, moments.mean);
      follow(moving_mean_, moments.mean, batch.mean, x);
      follow(moving_variance_, moments.variance, batch.variance, x);
      moments = batch;
    }
    return {ops::batch_normalization(x, moments.mean, moments.variance, axis, value_of(beta_), value_of(gamma_),
                                     options_.epsilon)};
  }

  nlohmann::json get_config() const override {
    return {{"axis", options_.axis},
            {"momentum", options_.momentum},
            {"epsilon", options_.epsilon},
            {"center", options_.center},
            {"scale", options_.scale},
            {"beta_initializer", options_.beta_initializer},
            {"gamma_initializer", options_.gamma_initializer},
            {"moving_mean_initializer", options_.moving_mean_initializer},
            {"moving_variance_initializer", options_.moving_variance_initializer},
            {"beta_regularizer", nullptr},
            {"gamma_regularizer", nullptr},
            {"beta_constraint", nullptr},
            {"gamma_constraint", nullptr},
            {"synchronized", false}};
  }

 private:
  static Tensor value_of(const Variable& variable) {
    return variable.defined() ? ops::convert_to_tensor(variable) : Tensor();
  }

  // A process that has no row of this batch leaves the moving value as it is.
  void follow(const Variable& moving, const Tensor& value, const Tensor& batch, const Tensor& x) const {
    const Tensor next = value * options_.momentum + ops::stop_gradient(batch) * (1 - options_.momentum);
    ops::assign(moving, ops::where(ops::greater(ops::row_count(x, x.dtype()), 0.0), next, value));
  }

  BatchNormalizationOptions options_;
  Variable gamma_, beta_, moving_mean_, moving_variance_;
};

}  // namespace

Layer BatchNormalization(const BatchNormalizationOptions& options) {
  return make_layer<BatchNormalizationImpl>(options);
}

Layer batch_normalization_from_config(const nlohmann::json& config) {
  constexpr const char* kPlace = "BatchNormalization";
  require_value(kPlace, config, "renorm", false);
  require_value(kPlace, config, "synchronized", false);
  BatchNormalizationOptions options;
  if (config.contains("axis")) options.axis = static_cast<int>(read_integers(kPlace, config, "axis", {-1}).at(0));
  options.momentum = read_number(kPlace, config, "momentum", options.momentum);
  options.epsilon = read_number(kPlace, config, "epsilon", options.epsilon);
  options.center = read_flag(kPlace, config, "center", true);
  options.scale = read_flag(kPlace, config, "scale", true);
  options.beta_initializer = config.value("beta_initializer", options.beta_initializer);
  options.gamma_initializer = config.value("gamma_initializer", options.gamma_initializer);
  options.moving_mean_initializer = config.value("moving_mean_initializer", options.moving_mean_initializer);
  options.moving_variance_initializer =
      config.value("moving_variance_initializer", options.moving_variance_initializer);
  options.name = read_text(kPlace, config, "name", "");
  Layer layer = BatchNormalization(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
