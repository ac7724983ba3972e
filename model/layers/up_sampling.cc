#include "model/layers/up_sampling.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/spatial.h"

namespace shoal::layers {
namespace {

constexpr const char* kInterpolations[] = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"};

class UpSamplingImpl : public SpatialImpl {
 public:
  UpSamplingImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape = {})
      : SpatialImpl(place, axes, config, input_shape),
        size_(read_sizes(place, config, "size", axes, 2)),
        interpolation_(read_text(place, config, "interpolation", "nearest")) {
    for (const std::int64_t size : size_) check_positive(place, "size", size);
    if (std::ranges::find(kInterpolations, interpolation_) == std::end(kInterpolations))
      raise("{}: interpolation must be 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5', received '{}'",
            place, interpolation_);
    if (axes == 1)
      for (const char* key : {"data_format", "interpolation"})
        if (config.contains(key)) raise("{}: there is no {}, received {}", place, key, config[key].dump());
  }

  nlohmann::json get_config() const override {
    if (axes() == 1) return {{"size", size_[0]}};
    nlohmann::json config = SpatialImpl::get_config();
    config.update({{"size", size_}, {"interpolation", interpolation_}});
    return config;
  }

 protected:
  Tensor compute(const Tensor& x) override {
    if (interpolation_ != "nearest")
      return ops::image::resize(x, {x.shape()[1] * size_[0], x.shape()[2] * size_[1]}, interpolation_);
    Tensor y = x;
    for (int axis = 0; axis < axes(); ++axis) y = ops::repeat(y, size_[static_cast<std::size_t>(axis)], axis + 1);
    return y;
  }

 private:
  Sizes size_;
  std::string interpolation_;
};

}  // namespace

Layer UpSampling1D(std::int64_t size, const UpSampling1DOptions& options) {
  nlohmann::json config = config_of(options);
  config["size"] = size;
  return make_layer<UpSamplingImpl>("UpSampling1D", 1, config, options.input_shape);
}

Layer UpSampling2D(std::array<std::int64_t, 2> size, const UpSampling2DOptions& options) {
  nlohmann::json config = config_of(options);
  config.update({{"size", size}, {"interpolation", options.interpolation}});
  return make_layer<UpSamplingImpl>("UpSampling2D", 2, config, options.input_shape);
}

Layer up_sampling1d_from_config(const nlohmann::json& config) {
  return make_layer<UpSamplingImpl>("UpSampling1D", 1, config);
}
Layer up_sampling2d_from_config(const nlohmann::json& config) {
  return make_layer<UpSamplingImpl>("UpSampling2D", 2, config);
}

}  // namespace shoal::layers
