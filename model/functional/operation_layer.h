#pragma once

#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal::functional {

// An operation of keras.ops in a functional model, as `x + y` makes it. It stands among a model's operations and in its
// file, not among its layers. A call's argument "args" lists the operands in order: {"tensor": i} for input i, or a
// number; without it the inputs are the operands.
bool is_operation_class(const std::string& class_name);
bool is_operation(const LayerImpl& layer);
std::string operation_module(const LayerImpl& operation);  // "keras.src.ops.numpy"

// `config`: Keras's, with "name" and what the operation was made with ("axis"). Throws ValueError when there is none.
Layer operation_from_config(const std::string& class_name, const nlohmann::json& config);

}  // namespace shoal::functional
