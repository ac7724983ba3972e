#include "model/layers/config.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal::layers {
namespace {

using json = nlohmann::json;

const json* find(const json& config, const char* key) {
  if (!config.is_object()) return nullptr;
  const auto it = config.find(key);
  return it == config.end() || it->is_null() ? nullptr : &*it;
}

[[noreturn]] void wrong_type(const char* place, const char* key, const char* wanted, const json& value) {
  raise("{}: {} must be {}, received {}", place, key, wanted, value.dump());
}

}  // namespace

std::int64_t read_integer(const char* place, const json& config, const char* key) {
  const json* value = find(config, key);
  if (value == nullptr) raise("{}: the config has no {}, received {}", place, key, config.dump());
  if (!value->is_number_integer()) wrong_type(place, key, "an integer", *value);
  return value->get<std::int64_t>();
}

double read_number(const char* place, const json& config, const char* key, double fallback) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) wrong_type(place, key, "a number", *value);
  return value->get<double>();
}

bool read_flag(const char* place, const json& config, const char* key, bool fallback) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) wrong_type(place, key, "true or false", *value);
  return value->get<bool>();
}

std::vector<std::int64_t> read_integers(const char* place, const json& config, const char* key,
                                        std::vector<std::int64_t> fallback) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  if (value->is_number_integer()) return {value->get<std::int64_t>()};
  if (!value->is_array() || !std::ranges::all_of(*value, [](const json& item) { return item.is_number_integer(); }))
    wrong_type(place, key, "an integer or a list of them", *value);
  return value->get<std::vector<std::int64_t>>();
}

std::string read_text(const char* place, const json& config, const char* key, const std::string& fallback) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) wrong_type(place, key, "a string", *value);
  return value->get<std::string>();
}

Pair read_pair(const char* place, const json& config, const char* key, Pair fallback) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  if (value->is_number_integer()) return {value->get<std::int64_t>(), value->get<std::int64_t>()};
  if (!value->is_array() || value->size() != 2 || !(*value)[0].is_number_integer() || !(*value)[1].is_number_integer())
    wrong_type(place, key, "an integer or two", *value);
  return value->get<Pair>();
}

std::string read_activation(const char* place, const json& config) {
  const json* value = find(config, "activation");
  if (value == nullptr) return "linear";
  if (value->is_object() && value->value("class_name", json()) == "function" && (*value)["config"].is_string())
    return (*value)["config"].get<std::string>();
  if (!value->is_string()) wrong_type(place, "activation", "the name of a registered function", *value);
  return value->get<std::string>();
}

Shape read_row_shape(const char* place, const json& batch_shape) {
  if (!batch_shape.is_array() || batch_shape.empty()) wrong_type(place, "batch_shape", "a list of sizes", batch_shape);
  std::vector<std::int64_t> dims;
  for (std::size_t i = 1; i < batch_shape.size(); ++i) {
    if (!batch_shape[i].is_number_integer() || batch_shape[i].get<std::int64_t>() <= 0)
      wrong_type(place, "batch_shape", "known sizes after the first", batch_shape);
    dims.push_back(batch_shape[i].get<std::int64_t>());
  }
  return Shape(std::move(dims));
}

void read_common(LayerImpl& layer, const json& config) {
  const std::string place = layer.class_name();
  if (const json* dtype = find(config, "dtype")) {
    if (dtype->is_string())
      layer.set_dtype(dtype_from_name(dtype->get<std::string>()));
    else if (dtype->is_object() && dtype->contains("config") && (*dtype)["config"].contains("name"))
      layer.set_dtype(dtype_from_name((*dtype)["config"]["name"].get<std::string>()));
    else
      wrong_type(place.c_str(), "dtype", "a name or a DTypePolicy", *dtype);
    if (!is_floating(layer.dtype())) wrong_type(place.c_str(), "dtype", "a floating dtype", *dtype);
  }
  layer.set_trainable(read_flag(place.c_str(), config, "trainable", true));
  if (!config.is_object()) return;
  for (const auto& [key, value] : config.items()) {
    if (key.ends_with("_regularizer"))
      layer.set_regularizer(key, value);
    else if (key.ends_with("_constraint"))
      layer.set_constraint(key, value);
  }
}

void require_value(const char* place, const json& config, const char* key, const json& wanted) {
  const json* value = find(config, key);
  if (value != nullptr && *value != wanted)
    raise("{}: {} other than {} is not supported, received {}", place, key, wanted.dump(), value->dump());
}

json shape_to_json(const Shape& shape) {
  json result = json::array();
  for (const std::int64_t size : shape.dims()) result.push_back(size < 0 ? json(nullptr) : json(size));
  return result;
}

void require_rank(const LayerImpl& layer, const Shape& input, int rank) {
  if (input.rank() != rank)
    raise(
        "Input 0 of layer '{}' is incompatible with the layer: expected ndim={}, found ndim={}. Full shape received: "
        "{}",
        layer.name(), rank, input.rank(), input.to_string());
}

void require_min_rank(const LayerImpl& layer, const Shape& input, int rank) {
  if (input.rank() < rank)
    raise(
        "Input 0 of layer '{}' is incompatible with the layer: expected min_ndim={}, found ndim={}. Full shape "
        "received: {}",
        layer.name(), rank, input.rank(), input.to_string());
}

void require_axis(const LayerImpl& layer, const Shape& input, int axis, std::int64_t size) {
  if (input[axis] != size)
    raise(
        "Input 0 of layer '{}' is incompatible with the layer: expected axis {} of input shape to have value {}, but "
        "received input with shape {}",
        layer.name(), axis, size, input.to_string());
}

void require_last_axis(const LayerImpl& layer, const Shape& input, std::int64_t size) {
  require_axis(layer, input, -1, size);
}

void check_positive(const char* place, const char* key, std::int64_t value) {
  if (value <= 0) raise("{}: {} must be positive, received {}", place, key, value);
}

void check_positive(const char* place, const char* key, Pair value) {
  if (value[0] <= 0 || value[1] <= 0)
    raise("{}: {} must be positive, received [{}, {}]", place, key, value[0], value[1]);
}

bool read_channels_first(const char* place, const std::string& data_format) {
  if (data_format != "channels_last" && data_format != "channels_first")
    raise("{}: data_format must be 'channels_last' or 'channels_first', received '{}'", place, data_format);
  return data_format == "channels_first";
}

void check_padding(const char* place, const std::string& padding) {
  if (padding != "valid" && padding != "same")
    raise("{}: padding must be 'valid' or 'same', received '{}'", place, padding);
}

}  // namespace shoal::layers
