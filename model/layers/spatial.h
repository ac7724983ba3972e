#pragma once

#include <concepts>
#include <optional>
#include <string>

#include "model/layers/config.h"

// What layers over one or two spatial axes share: (rows, time, channels) or (rows, height, width, channels), with the
// channels behind the rows when Keras's data_format is "channels_first".
namespace shoal::layers {

using ops::Sizes;

// A missing key or null gives `fallback` for each axis; a number stands for all axes.
Sizes read_sizes(const char* place, const nlohmann::json& config, const char* key, int axes, std::int64_t fallback);

class SpatialImpl : public LayerImpl {
 public:
  std::string class_name() const override { return place_; }
  // The rank, then `check_cells`.
  void check_input(const Shape& input) const override;
  // `compute` between two changes of layout, when the channels come first.
  Tensor call(const Tensor& x, bool training) override;
  nlohmann::json get_config() const override { return {{"data_format", data_format_}}; }

 protected:
  // `place`: Keras's class. Reads name, dtype, trainable and data_format.
  SpatialImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape);

  // Channels last on both sides.
  virtual Tensor compute(const Tensor& x) = 0;
  virtual void check_cells(const Shape& /*input*/) const {}

  const char* place() const { return place_; }
  int axes() const { return axes_; }
  bool channels_first() const { return data_format_ == "channels_first"; }
  int channel_axis() const { return channels_first() ? 1 : axes_ + 1; }
  Shape channels_last(const Shape& shape) const;
  Tensor channels_last(const Tensor& x) const;
  Tensor back(const Tensor& x) const;  // to the layer's own layout
  // Throws ValueError when a window, of so many cells for each axis, does not fit without padding.
  void check_fits(const char* what, const Sizes& cells, const Shape& input) const;

 private:
  const char* place_;
  int axes_;
  std::string data_format_;
};

// {8, 9}: "8 x 9".
std::string text_of(const Sizes& sizes);

// The options that every layer has, as config.
template <class Options>
nlohmann::json config_of(const Options& options) {
  nlohmann::json config = nlohmann::json::object();
  if (!options.name.empty()) config["name"] = options.name;
  if (options.dtype) config["dtype"] = name_of(*options.dtype);
  if constexpr (requires { options.data_format; }) config["data_format"] = options.data_format;
  return config;
}

}  // namespace shoal::layers
