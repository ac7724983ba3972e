#include "model/layers/flatten.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class FlattenImpl : public LayerImpl {
 public:
  explicit FlattenImpl(const FlattenOptions& options)
      : LayerImpl(options.name), channels_first_(read_channels_first("Flatten", options.data_format)) {
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Flatten"; }
  void check_input(const Shape& input) const override { require_min_rank(*this, input, 1); }

  Tensor call(const Tensor& x, bool /*training*/) override {
    std::int64_t size = 1;
    for (int axis = 1; axis < x.shape().rank(); ++axis) size *= x.shape()[axis];
    if (!channels_first_ || x.shape().rank() < 3) return ops::reshape_rows(x, {size});
    std::vector<int> order{0};
    for (int axis = 2; axis < x.shape().rank(); ++axis) order.push_back(axis);
    order.push_back(1);
    return ops::reshape_rows(ops::transpose(x, order), {size});
  }

  nlohmann::json get_config() const override {
    return {{"data_format", channels_first_ ? "channels_first" : "channels_last"}};
  }

 private:
  bool channels_first_;
};

}  // namespace

Layer Flatten(const FlattenOptions& options) { return make_layer<FlattenImpl>(options); }

Layer flatten_from_config(const nlohmann::json& config) {
  FlattenOptions options;
  options.data_format = read_text("Flatten", config, "data_format", "channels_last");
  options.name = read_text("Flatten", config, "name", "");
  Layer layer = Flatten(options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
