#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "model/tensor/tensor.h"

// Callbacks' state as JSON from which every value comes back bit for bit, NaN included.
namespace shoal::callbacks {

nlohmann::json encode(const std::optional<double>& value);
std::optional<double> decode_number(const nlohmann::json& value);
nlohmann::json encode(const std::vector<Tensor>& tensors);
std::vector<Tensor> decode_tensors(const nlohmann::json& value);  // throws IoError when it is not one

}  // namespace shoal::callbacks
