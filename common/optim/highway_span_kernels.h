#pragma once

#include <vector>

#include "common/optim/span_kernels.h"

namespace shoal::optim {

// The vector builds that this processor can run, best last.
template <class T>
void append_highway_span_kernels(std::vector<SpanKernels<T>>& builds);

}  // namespace shoal::optim
