#pragma once

#include <string_view>

#include "model/kernels/table.h"

namespace shoal::plan {

inline kernels::Activation activation_of(std::string_view name) {
  using kernels::Activation;
  return name == "relu"      ? Activation::kRelu
         : name == "sigmoid" ? Activation::kSigmoid
         : name == "tanh"    ? Activation::kTanh
                             : Activation::kLinear;
}

}  // namespace shoal::plan
