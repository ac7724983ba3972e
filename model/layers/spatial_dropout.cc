#include "model/layers/spatial_dropout.h"

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class SpatialDropoutImpl : public LayerImpl {
 public:
  SpatialDropoutImpl(int axes, double rate, const SpatialDropout2DOptions& options)
      : LayerImpl(options.name),
        axes_(axes),
        channels_first_(read_channels_first("SpatialDropout2D", options.data_format)),
        rate_(rate),
        seed_(options.seed),
        stream_(random::next_stream()) {
    if (!(rate >= 0 && rate < 1)) raise("{}: rate must be in [0, 1), received {}", class_name(), rate);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return axes_ == 1 ? "SpatialDropout1D" : "SpatialDropout2D"; }
  bool supports_masking() const override { return true; }
  void check_input(const Shape& input) const override { require_rank(*this, input, axes_ + 2); }

  Tensor call(const Tensor& x, bool training) override {
    if (!training || rate_ == 0) return x;
    Tensor channels = x;
    for (int i = 1; i <= axes_; ++i) channels = ops::slice_axis(channels, i + (channels_first_ ? 1 : 0), 0, 1);
    const std::uint64_t stream = seed_ ? random::mix(*seed_, 0) : random::mix(random::global_seed(), stream_);
    return x * ops::dropout(ops::ones_like(channels), rate_, stream);
  }

  // Keras's class takes no "trainable".
  nlohmann::json config() const override {
    nlohmann::json config = LayerImpl::config();
    config.erase("trainable");
    return config;
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = {{"rate", rate_}, {"seed", seed_ ? nlohmann::json(*seed_) : nlohmann::json()}};
    if (axes_ == 2) config["data_format"] = channels_first_ ? "channels_first" : "channels_last";
    return config;
  }

 private:
  int axes_;
  bool channels_first_;
  double rate_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t stream_;
};

Layer from_config(int axes, const char* place, const nlohmann::json& config) {
  if (!config.contains("rate")) raise("{}: the config has no rate, received {}", place, config.dump());
  SpatialDropout2DOptions options;
  if (axes == 2) options.data_format = read_text(place, config, "data_format", "channels_last");
  if (config.contains("seed") && !config["seed"].is_null())
    options.seed = static_cast<std::uint64_t>(read_integer(place, config, "seed"));
  options.name = read_text(place, config, "name", "");
  Layer layer = make_layer<SpatialDropoutImpl>(axes, read_number(place, config, "rate", 0), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace

Layer SpatialDropout1D(double rate, const SpatialDropout1DOptions& options) {
  const SpatialDropout2DOptions same{
      .seed = options.seed, .input_shape = options.input_shape, .name = options.name, .dtype = options.dtype};
  return make_layer<SpatialDropoutImpl>(1, rate, same);
}
Layer SpatialDropout2D(double rate, const SpatialDropout2DOptions& options) {
  return make_layer<SpatialDropoutImpl>(2, rate, options);
}

Layer spatial_dropout1d_from_config(const nlohmann::json& config) { return from_config(1, "SpatialDropout1D", config); }
Layer spatial_dropout2d_from_config(const nlohmann::json& config) { return from_config(2, "SpatialDropout2D", config); }

}  // namespace shoal::layers
