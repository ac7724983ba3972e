#include "model/layers/flatten.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class FlattenImpl : public LayerImpl {
 public:
  explicit FlattenImpl(const FlattenOptions& options) : LayerImpl(options.name) {
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Flatten"; }
  void check_input(const Shape& input) const override { require_min_rank(*this, input, 1); }

  Tensor call(const Tensor& x, bool /*training*/) override {
    std::int64_t size = 1;
    for (int axis = 1; axis < x.shape().rank(); ++axis) size *= x.shape()[axis];
    return ops::reshape_rows(x, {size});
  }

  nlohmann::json get_config() const override { return {{"data_format", "channels_last"}}; }
};

}  // namespace

Layer Flatten(const FlattenOptions& options) { return make_layer<FlattenImpl>(options); }

Layer flatten_from_config(const nlohmann::json& config) {
  require_value("Flatten", config, "data_format", "channels_last");
  FlattenOptions options;
  options.name = read_text("Flatten", config, "name", "");
  Layer layer = Flatten(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
