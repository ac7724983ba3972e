#include "model/ops/variable.h"

#include "model/graph/trace.h"

namespace shoal::ops {

Tensor convert_to_tensor(const Variable& variable) { return graph::read(variable); }

void assign(const Variable& variable, const Tensor& value) {
  if (graph::Trace* trace = graph::Trace::current()) {
    trace->add_assign(variable, value);
  } else {
    Variable(variable).assign(value);
  }
}

}  // namespace shoal::ops
