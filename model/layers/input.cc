#include "model/layers/input.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class InputImpl : public LayerImpl {
 public:
  InputImpl(const Shape& shape, const InputOptions& options) : LayerImpl(options.name) {
    for (const std::int64_t size : shape.dims())
      if (size <= 0) raise("Input: sizes of a row must be positive, received {}", shape.to_string());
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = shape;
  }

  std::string class_name() const override { return "InputLayer"; }
  Tensor call(const Tensor& x, bool /*training*/) override { return x; }
  bool takes_integers() const override { return !is_floating(dtype()); }

  void check_input(const Shape& input) const override {
    const Shape& row = input_shape_option();
    if (input.rank() != row.rank() + 1 || !std::equal(row.dims().begin(), row.dims().end(), input.dims().begin() + 1)) {
      std::vector<std::int64_t> dims = row.dims();
      dims.insert(dims.begin(), kRows);
      raise("Input 0 of layer '{}' is incompatible with the layer: expected shape={}, found shape={}", name(),
            Shape(dims).to_string(), input.to_string());
    }
  }

  nlohmann::json config() const override {
    nlohmann::json shape = shape_to_json(input_shape_option());
    shape.insert(shape.begin(), nullptr);
    return {{"batch_shape", shape}, {"dtype", name_of(dtype())}, {"sparse", false}, {"name", name()}};
  }
};

}  // namespace

Layer Input(const Shape& shape, const InputOptions& options) { return make_layer<InputImpl>(shape, options); }

Layer input_from_config(const nlohmann::json& config) {
  for (const char* key : {"batch_shape", "batch_input_shape"})
    if (config.contains(key) && !config[key].is_null()) {
      InputOptions options = {.name = read_text("InputLayer", config, "name", "")};
      if (config.contains("dtype") && config["dtype"].is_string())
        options.dtype = dtype_from_name(config["dtype"].get<std::string>());
      return Input(read_row_shape("InputLayer", config[key]), options);
    }
  raise("InputLayer: the config has no batch_shape, received {}", config.dump());
}

}  // namespace shoal::layers
