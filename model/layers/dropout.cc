#include "model/layers/dropout.h"

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class DropoutImpl : public LayerImpl {
 public:
  DropoutImpl(double rate, const DropoutOptions& options)
      : LayerImpl(options.name), rate_(rate), seed_(options.seed), stream_(random::next_stream()) {
    if (!(rate >= 0 && rate < 1)) raise("Dropout: rate must be in [0, 1), received {}", rate);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Dropout"; }
  bool supports_masking() const override { return true; }

  Tensor call(const Tensor& x, bool training) override {
    if (!training || rate_ == 0) return x;
    return ops::dropout(x, rate_, seed_ ? random::mix(*seed_, 0) : random::mix(random::global_seed(), stream_));
  }

  nlohmann::json get_config() const override {
    return {{"rate", rate_}, {"seed", seed_ ? nlohmann::json(*seed_) : nlohmann::json()}, {"noise_shape", nullptr}};
  }

 private:
  double rate_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t stream_;
};

}  // namespace

Layer Dropout(double rate, const DropoutOptions& options) { return make_layer<DropoutImpl>(rate, options); }

Layer dropout_from_config(const nlohmann::json& config) {
  require_value("Dropout", config, "noise_shape", nullptr);
  DropoutOptions options;
  options.name = read_text("Dropout", config, "name", "");
  if (config.contains("seed") && !config["seed"].is_null())
    options.seed = static_cast<std::uint64_t>(read_integer("Dropout", config, "seed"));
  Layer layer = Dropout(read_number("Dropout", config, "rate", 0), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
