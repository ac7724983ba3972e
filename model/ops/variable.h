#pragma once

#include "model/tensor/variable.h"

namespace shoal::ops {

Tensor convert_to_tensor(const Variable& variable);  // reads a weight inside call()

// The variable's new value, of its shape and dtype. Within a trace it is written at the end of every run, and what
// reads the variable later in the trace sees `value`; outside of one it is written at once.
void assign(const Variable& variable, const Tensor& value);

}  // namespace shoal::ops
