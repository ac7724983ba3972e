#pragma once

#include <nlohmann/json.hpp>

#include "common/io/hdf5.h"

namespace shoal::testing {

// Plays one row of tests/cases/layers_*.json:
//   {"class", "config", "dtype", "inputs": n, "masks": [i...], "training", "arguments", "differentiable", "place"}
// with the values under `data`/place: input<i>, mask<i>, mix<i> for each output, weight<i>. Writes under `out`/place
//   config, forward<i> and forward_mask in inference; output<i> of the row's own mode with input_gradient<i> and
//   weight_gradient<i> (of the sum of outputs times mixes), evaluated node by node; planned_output<i> and
//   planned_input_gradient<i> of a planned step; sgd_weight<i> and adam_weight<i> after three planned steps;
// or `error`, the message, when something throws.
void play_layer_case(const nlohmann::json& step, const hdf5::Group& data, const hdf5::Group& out);

}  // namespace shoal::testing
