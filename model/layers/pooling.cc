#include "model/layers/pooling.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/spatial.h"

namespace shoal::layers {
namespace {

using Pool = Tensor (*)(const Tensor&, const Sizes&, const Sizes&, const std::string&);

class PoolingImpl : public SpatialImpl {
 public:
  PoolingImpl(const char* place, int axes, Pool pool, const nlohmann::json& config, const Shape& input_shape = {})
      : SpatialImpl(place, axes, config, input_shape),
        pool_(pool),
        pool_size_(read_sizes(place, config, "pool_size", axes, pool == ops::max_pool ? 2 : 0)),  // 0: Keras has none
        strides_(config.value("strides", nlohmann::json()).is_null() ? pool_size_
                                                                     : read_sizes(place, config, "strides", axes, 1)),
        padding_(read_text(place, config, "padding", "valid")) {
    const auto positive = [](std::int64_t size) { return size > 0; };
    if (!std::ranges::all_of(pool_size_, positive) || !std::ranges::all_of(strides_, positive))
      raise("{}: pool_size and strides must be positive, received {} and {}", place, text_of(pool_size_),
            text_of(strides_));
    check_padding(place, padding_);
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = SpatialImpl::get_config();
    config.update({{"pool_size", pool_size_}, {"padding", padding_}, {"strides", strides_}});
    return config;
  }

 protected:
  void check_cells(const Shape& input) const override {
    if (padding_ == "valid") check_fits("window", pool_size_, input);
  }

  Tensor compute(const Tensor& x) override { return pool_(x, pool_size_, strides_, padding_); }

 private:
  Pool pool_;
  Sizes pool_size_, strides_;
  std::string padding_;
};

template <class Options>
nlohmann::json pooling_config(const Sizes& pool_size, const Options& options) {
  nlohmann::json config = config_of(options);
  config.update({{"pool_size", pool_size}, {"padding", options.padding}});
  if (options.strides) config["strides"] = *options.strides;
  return config;
}

Layer one_axis(const char* place, Pool pool, std::int64_t pool_size, const Pooling1DOptions& options) {
  return make_layer<PoolingImpl>(place, 1, pool, pooling_config({pool_size}, options), options.input_shape);
}

Layer two_axes(const char* place, Pool pool, std::array<std::int64_t, 2> size, const Pooling2DOptions& options) {
  return make_layer<PoolingImpl>(place, 2, pool, pooling_config({size[0], size[1]}, options), options.input_shape);
}

}  // namespace

Layer MaxPooling1D(std::int64_t pool_size, const Pooling1DOptions& options) {
  return one_axis("MaxPooling1D", ops::max_pool, pool_size, options);
}
Layer MaxPooling2D(std::array<std::int64_t, 2> pool_size, const Pooling2DOptions& options) {
  return two_axes("MaxPooling2D", ops::max_pool, pool_size, options);
}
Layer AveragePooling1D(std::int64_t pool_size, const Pooling1DOptions& options) {
  return one_axis("AveragePooling1D", ops::average_pool, pool_size, options);
}
Layer AveragePooling2D(std::array<std::int64_t, 2> pool_size, const Pooling2DOptions& options) {
  return two_axes("AveragePooling2D", ops::average_pool, pool_size, options);
}

Layer max_pooling1d_from_config(const nlohmann::json& config) {
  return make_layer<PoolingImpl>("MaxPooling1D", 1, ops::max_pool, config);
}
Layer max_pooling2d_from_config(const nlohmann::json& config) {
  return make_layer<PoolingImpl>("MaxPooling2D", 2, ops::max_pool, config);
}
Layer average_pooling1d_from_config(const nlohmann::json& config) {
  return make_layer<PoolingImpl>("AveragePooling1D", 1, ops::average_pool, config);
}
Layer average_pooling2d_from_config(const nlohmann::json& config) {
  return make_layer<PoolingImpl>("AveragePooling2D", 2, ops::average_pool, config);
}

}  // namespace shoal::layers
