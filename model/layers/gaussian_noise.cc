#include "model/layers/gaussian_noise.h"

#include <cmath>

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

enum class Kind { kNoise, kDropout };

class GaussianImpl : public LayerImpl {
 public:
  GaussianImpl(Kind kind, double amount, const GaussianNoiseOptions& options)
      : LayerImpl(options.name), kind_(kind), amount_(amount), seed_(options.seed), stream_(random::next_stream()) {
    const bool fits = amount >= 0 && (kind == Kind::kNoise ? amount <= 1 : amount < 1);
    if (!fits) raise("{}: {} must be in [0, 1), received {}", class_name(), key(), amount);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return kind_ == Kind::kNoise ? "GaussianNoise" : "GaussianDropout"; }
  bool supports_masking() const override { return true; }

  Tensor call(const Tensor& x, bool training) override {
    if (!training || amount_ == 0) return x;
    const std::uint64_t stream = seed_ ? random::mix(*seed_, 0) : random::mix(random::global_seed(), stream_);
    const Tensor noise = ops::random_normal(x.shape(), stream, x.dtype());
    if (kind_ == Kind::kNoise) return x + noise * amount_;
    return x * (noise * std::sqrt(amount_ / (1 - amount_)) + 1.0);
  }

  nlohmann::json get_config() const override {
    return {{key(), amount_}, {"seed", seed_ ? nlohmann::json(*seed_) : nlohmann::json()}};
  }

 private:
  const char* key() const { return kind_ == Kind::kNoise ? "stddev" : "rate"; }

  Kind kind_;
  double amount_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t stream_;
};

Layer from_config(Kind kind, const char* place, const char* key, const nlohmann::json& config) {
  if (!config.contains(key)) raise("{}: the config has no {}, received {}", place, key, config.dump());
  GaussianNoiseOptions options;
  if (config.contains("seed") && !config["seed"].is_null())
    options.seed = static_cast<std::uint64_t>(read_integer(place, config, "seed"));
  options.name = read_text(place, config, "name", "");
  Layer layer = make_layer<GaussianImpl>(kind, read_number(place, config, key, 0), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace

Layer GaussianNoise(double stddev, const GaussianNoiseOptions& options) {
  return make_layer<GaussianImpl>(Kind::kNoise, stddev, options);
}
Layer GaussianDropout(double rate, const GaussianNoiseOptions& options) {
  return make_layer<GaussianImpl>(Kind::kDropout, rate, options);
}

Layer gaussian_noise_from_config(const nlohmann::json& config) {
  return from_config(Kind::kNoise, "GaussianNoise", "stddev", config);
}
Layer gaussian_dropout_from_config(const nlohmann::json& config) {
  return from_config(Kind::kDropout, "GaussianDropout", "rate", config);
}

}  // namespace shoal::layers
