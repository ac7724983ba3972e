#include "model/layers/border.h"

#include "common/base/error.h"
#include "model/layers/spatial.h"

namespace shoal::layers {
namespace {

// One class of a row of layers that differ in the sign of the border and in the names of things.
struct Kind {
  const char* name;
  int axes;
  const char* key;      // of the border in the config
  std::int64_t sign;    // of the cells that are added
  std::int64_t border;  // without the key
};

constexpr Kind kZeroPadding1D{"ZeroPadding1D", 1, "padding", 1, 1};
constexpr Kind kZeroPadding2D{"ZeroPadding2D", 2, "padding", 1, 1};
constexpr Kind kCropping1D{"Cropping1D", 1, "cropping", -1, 1};
constexpr Kind kCropping2D{"Cropping2D", 2, "cropping", -1, 0};

class BorderImpl : public SpatialImpl {
 public:
  BorderImpl(const Kind& kind, const nlohmann::json& config, const Shape& input_shape = {})
      : SpatialImpl(kind.name, kind.axes, config, input_shape), kind_(kind), borders_(read(kind, config)) {
    for (const Border& border : borders_)
      if (border[0] < 0 || border[1] < 0)
        raise("{}: {} may not be negative, received ({}, {})", kind.name, kind.key, border[0], border[1]);
    if (has_no_format() && channels_first())
      raise("{}: data_format must be 'channels_last', received 'channels_first'", kind.name);
  }

  nlohmann::json get_config() const override {
    nlohmann::json config = has_no_format() ? nlohmann::json::object() : SpatialImpl::get_config();
    if (axes() == 1)
      config[kind_.key] = borders_[0];
    else
      config[kind_.key] = borders_;
    return config;
  }

 protected:
  void check_cells(const Shape& input) const override {
    if (kind_.sign > 0) return;
    const Shape has = channels_last(input);
    for (int axis = 0; axis < axes(); ++axis) {
      const Border& border = borders_[static_cast<std::size_t>(axis)];
      if (border[0] + border[1] >= has[axis + 1])
        raise("{} '{}': cropping ({}, {}) leaves nothing of axis {} of input of shape {}", kind_.name, name(),
              border[0], border[1], channels_first() ? axis + 2 : axis + 1, input.to_string());
    }
  }

  Tensor compute(const Tensor& x) override {
    std::vector<Border> widths{{0, 0}};
    for (const Border& border : borders_) widths.push_back({kind_.sign * border[0], kind_.sign * border[1]});
    widths.push_back({0, 0});
    return ops::pad(x, std::move(widths));
  }

 private:
  bool has_no_format() const { return kind_.sign < 0 && kind_.axes == 1; }

  // n, [before, after] of one axis; n, [h, w], [[before, after], [before, after]] of two.
  static std::vector<Border> read(const Kind& kind, const nlohmann::json& config) {
    const auto found = config.find(kind.key);
    const nlohmann::json value = found == config.end() || found->is_null() ? nlohmann::json(kind.border) : *found;
    if (kind.axes == 1) return {read_pair(kind.name, {{kind.key, value}}, kind.key, {})};
    if (value.is_number_integer())
      return std::vector<Border>(2, read_pair(kind.name, {{kind.key, value}}, kind.key, {}));
    if (!value.is_array() || value.size() != 2)
      raise("{}: {} must be an integer, two, or two pairs, received {}", kind.name, kind.key, value.dump());
    std::vector<Border> borders;
    for (const nlohmann::json& axis : value) borders.push_back(read_pair(kind.name, {{kind.key, axis}}, kind.key, {}));
    return borders;
  }

  const Kind& kind_;
  std::vector<Border> borders_;
};

Layer bordered(const Kind& kind, nlohmann::json border, const BorderOptions& options) {
  nlohmann::json config = config_of(options);
  config[kind.key] = std::move(border);
  return make_layer<BorderImpl>(kind, config, options.input_shape);
}

nlohmann::json both(Border height, Border width) { return std::vector<Border>{height, width}; }

}  // namespace

Layer ZeroPadding1D(std::int64_t padding, const BorderOptions& options) {
  return bordered(kZeroPadding1D, padding, options);
}
Layer ZeroPadding1D(Border padding, const BorderOptions& options) { return bordered(kZeroPadding1D, padding, options); }
Layer ZeroPadding2D(std::int64_t padding, const BorderOptions& options) {
  return bordered(kZeroPadding2D, padding, options);
}
Layer ZeroPadding2D(Border height, Border width, const BorderOptions& options) {
  return bordered(kZeroPadding2D, both(height, width), options);
}
Layer Cropping1D(std::int64_t cropping, const BorderOptions& options) {
  return bordered(kCropping1D, cropping, options);
}
Layer Cropping1D(Border cropping, const BorderOptions& options) { return bordered(kCropping1D, cropping, options); }
Layer Cropping2D(std::int64_t cropping, const BorderOptions& options) {
  return bordered(kCropping2D, cropping, options);
}
Layer Cropping2D(Border height, Border width, const BorderOptions& options) {
  return bordered(kCropping2D, both(height, width), options);
}

Layer zero_padding1d_from_config(const nlohmann::json& config) {
  return make_layer<BorderImpl>(kZeroPadding1D, config);
}
Layer zero_padding2d_from_config(const nlohmann::json& config) {
  return make_layer<BorderImpl>(kZeroPadding2D, config);
}
Layer cropping1d_from_config(const nlohmann::json& config) { return make_layer<BorderImpl>(kCropping1D, config); }
Layer cropping2d_from_config(const nlohmann::json& config) { return make_layer<BorderImpl>(kCropping2D, config); }

}  // namespace shoal::layers
