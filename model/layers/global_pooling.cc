#include "model/layers/global_pooling.h"

#include "model/layers/spatial.h"

namespace shoal::layers {
namespace {

using Reduce = Tensor (*)(const Tensor&, std::vector<int>, bool);

class GlobalPoolingImpl : public SpatialImpl {
 public:
  GlobalPoolingImpl(const char* place, int axes, Reduce reduce, const nlohmann::json& config,
                    const Shape& input_shape = {})
      : SpatialImpl(place, axes, config, input_shape),
        reduce_(reduce),
        keepdims_(read_flag(place, config, "keepdims", false)) {}

  Tensor call(const Tensor& x, bool /*training*/) override { return compute(x); }

  nlohmann::json get_config() const override {
    nlohmann::json config = SpatialImpl::get_config();
    config["keepdims"] = keepdims_;
    return config;
  }

 protected:
  // In the layer's own layout: no values need to move.
  Tensor compute(const Tensor& x) override { return reduce_(x, spatial(), keepdims_); }

  std::vector<int> spatial() const {
    const int first = channels_first() ? 2 : 1;
    return axes() == 1 ? std::vector<int>{first} : std::vector<int>{first, first + 1};
  }
  bool keepdims() const { return keepdims_; }

 private:
  Reduce reduce_;
  bool keepdims_;
};

// The mask ends here, since the steps do.
class GlobalAveragePooling1DImpl : public GlobalPoolingImpl {
 public:
  explicit GlobalAveragePooling1DImpl(const nlohmann::json& config, const Shape& input_shape = {})
      : GlobalPoolingImpl("GlobalAveragePooling1D", 1, ops::mean, config, input_shape) {}

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor &x = inputs.at(0), &mask = options.masks.at(0);
    if (!mask.defined()) return {compute(x)};
    const Tensor counts = ops::expand_dims(ops::cast(mask, DType::kBool), channels_first() ? 1 : 2);
    const Tensor total = ops::sum(ops::where(counts, x, 0.0), spatial(), keepdims());
    return {total / ops::sum(ops::cast(counts, x.dtype()), spatial(), keepdims())};
  }
};

nlohmann::json global_config(const GlobalPoolingOptions& options) {
  nlohmann::json config = config_of(options);
  config["keepdims"] = options.keepdims;
  return config;
}

}  // namespace

Layer GlobalAveragePooling1D(const GlobalPoolingOptions& options) {
  return make_layer<GlobalAveragePooling1DImpl>(global_config(options), options.input_shape);
}
Layer GlobalAveragePooling2D(const GlobalPoolingOptions& options) {
  return make_layer<GlobalPoolingImpl>("GlobalAveragePooling2D", 2, ops::mean, global_config(options),
                                       options.input_shape);
}
Layer GlobalMaxPooling1D(const GlobalPoolingOptions& options) {
  return make_layer<GlobalPoolingImpl>("GlobalMaxPooling1D", 1, ops::max, global_config(options), options.input_shape);
}
Layer GlobalMaxPooling2D(const GlobalPoolingOptions& options) {
  return make_layer<GlobalPoolingImpl>("GlobalMaxPooling2D", 2, ops::max, global_config(options), options.input_shape);
}

Layer global_average_pooling1d_from_config(const nlohmann::json& config) {
  return make_layer<GlobalAveragePooling1DImpl>(config);
}
Layer global_average_pooling2d_from_config(const nlohmann::json& config) {
  return make_layer<GlobalPoolingImpl>("GlobalAveragePooling2D", 2, ops::mean, config);
}
Layer global_max_pooling1d_from_config(const nlohmann::json& config) {
  return make_layer<GlobalPoolingImpl>("GlobalMaxPooling1D", 1, ops::max, config);
}
Layer global_max_pooling2d_from_config(const nlohmann::json& config) {
  return make_layer<GlobalPoolingImpl>("GlobalMaxPooling2D", 2, ops::max, config);
}

}  // namespace shoal::layers
