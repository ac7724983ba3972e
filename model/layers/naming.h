#pragma once

#include <string>
#include <string_view>

namespace shoal::layers {

// Keras's: "MaxPooling2D" -> "max_pooling2d", "ReLU" -> "re_lu".
std::string snake_case(std::string_view class_name);

// "conv2d", then "conv2d_1", ...: counted in the process, as Keras does for objects without a name.
std::string unique_name(std::string_view class_name);

// Counts from the start again (keras.utils.clear_session).
void reset_names();

}  // namespace shoal::layers
