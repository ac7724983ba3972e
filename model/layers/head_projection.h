#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct HeadProjectionOptions {
  int summed_axes = 1;                 // of the input's end
  std::vector<std::int64_t> output{};  // sizes of the output in their place
  bool use_bias = true;
  std::string activation = "linear";
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
};

// A layer within attention layers: the last axes of the input, multiplied with a kernel (summed..., output...), plus a
// bias (output...). In Keras an EinsumDense.
std::shared_ptr<LayerImpl> head_projection(const std::string& name, const HeadProjectionOptions& options);

}  // namespace shoal::layers
