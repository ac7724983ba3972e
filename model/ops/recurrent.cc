#include "model/ops/recurrent.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/shape.h"
#include "model/ops/slice.h"

namespace shoal::ops {
namespace {

constexpr std::array kActivations{"linear",   "relu",     "sigmoid", "tanh",       "hard_sigmoid",
                                  "softsign", "softplus", "elu",     "exponential"};

}  // namespace

void check_cell_activation(const std::string& place, const std::string& name) {
  if (std::find(kActivations.begin(), kActivations.end(), name) == kActivations.end())
    raise("{}: activation '{}' is not supported in a recurrent layer; supported: {}", place, name,
          fmt::join(kActivations, ", "));
}

RecurrentOutputs recurrent(const RecurrentInputs& inputs, const RecurrentOptions& options) {
  check_cell_activation("recurrent", options.activation);
  check_cell_activation("recurrent", options.recurrent_activation);
  graph::RecurrentAttributes attributes{.cell = options.cell,
                                        .activation = options.activation,
                                        .recurrent_activation = options.recurrent_activation,
                                        .go_backwards = options.go_backwards};
  std::vector<Tensor> operands{inputs.projected, inputs.kernel};
  const auto push = [&](const char* name, const Tensor& tensor) {
    if (!tensor.defined()) return;
    attributes.optional.emplace_back(name);
    operands.push_back(tensor);
  };
  push("bias", inputs.bias);
  push("h", inputs.h);
  push("c", inputs.c);
  push("mask", inputs.mask);
  push("dropout", inputs.dropout);
  const Tensor saved = graph::make("recurrent", operands, std::move(attributes));

  const std::int64_t time = saved.shape()[1], width = saved.shape()[2], units = inputs.kernel.shape()[0];
  RecurrentOutputs outputs{slice_axis(saved, 2, width - units, width), {}};
  const int states = options.cell == "lstm" ? 2 : 1;
  for (int i = 1; i <= states; ++i) {
    const Tensor last = slice(saved, {0, time - 1, width - i * units}, {saved.shape()[0], 1, units});
    outputs.states.push_back(reshape_rows(last, {units}));
  }
  return outputs;
}

}  // namespace shoal::ops
