#pragma once

#include <nlohmann/json.hpp>

#include "common/io/hdf5.h"

namespace shoal::testing {

// Plays one row of tests/cases/{losses,metrics,optimizers,schedules,initializers}.json:
//   {"place", "kind": "loss", ..., "object": {"class_name", "config"}, "dtype"}
// with the values under `data`/place, and writes under `out`/place `config`, Keras's object as text, and
//   loss (y_true, y_pred, mask):      value, gradient by y_pred, and both of a planned step
//   metric (y_true, y_pred):          value
//   optimizer (weight<i>, gradient<step>_<i>): weight<i> after all steps, applied in this process
//   schedule ("steps"):               value, of each iteration
//   initializer ("shape"):            value
// or `error`, the message, when something throws.
void play_value_case(const nlohmann::json& step, const hdf5::Group& data, const hdf5::Group& out);

}  // namespace shoal::testing
