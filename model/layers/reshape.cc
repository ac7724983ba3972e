#include "model/layers/reshape.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class ReshapeImpl : public LayerImpl {
 public:
  ReshapeImpl(std::vector<std::int64_t> target_shape, const ReshapeOptions& options)
      : LayerImpl(options.name), target_shape_(std::move(target_shape)) {
    for (const std::int64_t size : target_shape_)
      if (size < -1) raise("Reshape: sizes of target_shape must be positive or -1, received {}", size);
    if (std::ranges::count(target_shape_, -1) > 1) raise("Reshape: only one size of target_shape may be -1");
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Reshape"; }
  Tensor call(const Tensor& x, bool /*training*/) override { return ops::reshape_rows(x, target_shape_); }
  nlohmann::json get_config() const override { return {{"target_shape", target_shape_}}; }

 private:
  std::vector<std::int64_t> target_shape_;
};

}  // namespace

Layer Reshape(const std::vector<std::int64_t>& target_shape, const ReshapeOptions& options) {
  return make_layer<ReshapeImpl>(target_shape, options);
}

Layer reshape_from_config(const nlohmann::json& config) {
  if (!config.contains("target_shape")) raise("Reshape: the config has no target_shape, received {}", config.dump());
  Layer layer = Reshape(read_integers("Reshape", config, "target_shape", {}),
                        {.input_shape = {}, .name = read_text("Reshape", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
