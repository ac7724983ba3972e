#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/layers/layer.h"

// How layers read and write Keras's "config" objects. Keys that a layer does not know are ignored when they hold what
// Keras writes by default; the readers here say which key of which layer holds something else.
namespace shoal::layers {

using Pair = std::array<std::int64_t, 2>;

// A missing key or null gives the fallback; a wrong type is a ValueError that names class and key.
std::int64_t read_integer(const char* place, const nlohmann::json& config, const char* key);
double read_number(const char* place, const nlohmann::json& config, const char* key, double fallback);
bool read_flag(const char* place, const nlohmann::json& config, const char* key, bool fallback);
std::vector<std::int64_t> read_integers(const char* place, const nlohmann::json& config, const char* key,
                                        std::vector<std::int64_t> fallback);  // 2 or [2, 3, ...]
std::string read_text(const char* place, const nlohmann::json& config, const char* key, const std::string& fallback);
Pair read_pair(const char* place, const nlohmann::json& config, const char* key, Pair fallback);  // 2 or [2, 2]
// A name, or Keras's object for a built-in function.
std::string read_activation(const char* place, const nlohmann::json& config);

// What every class shares: dtype ("float32" or a DTypePolicy object), trainable, regularizers and constraints.
void read_common(LayerImpl& layer, const nlohmann::json& config);
Shape read_row_shape(const char* place, const nlohmann::json& batch_shape);  // [null, 28, 28, 1] -> (28, 28, 1)

// ValueError when the key is there and holds another value.
void require_value(const char* place, const nlohmann::json& config, const char* key, const nlohmann::json& value);

nlohmann::json shape_to_json(const Shape& shape);  // symbolic rows become null

// ValueError in Keras's words when the input does not fit.
void require_rank(const LayerImpl& layer, const Shape& input, int rank);
void require_min_rank(const LayerImpl& layer, const Shape& input, int rank);
void require_axis(const LayerImpl& layer, const Shape& input, int axis, std::int64_t size);
void require_last_axis(const LayerImpl& layer, const Shape& input, std::int64_t size);

void check_positive(const char* place, const char* key, std::int64_t value);
void check_positive(const char* place, const char* key, Pair value);
bool read_channels_first(const char* place, const std::string& data_format);
void check_padding(const char* place, const std::string& padding);

}  // namespace shoal::layers
