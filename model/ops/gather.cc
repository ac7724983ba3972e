#include "model/ops/gather.h"

#include "common/base/error.h"
#include "model/graph/node.h"

namespace shoal::ops {

Tensor take(const Tensor& x, const Tensor& indices, int axis) {
  if (axis != 0) raise("take: only rows (axis 0) can be taken, received axis {}", axis);
  const std::string& scope = graph::current_scope();
  return graph::make("take_rows", {x, indices},
                     graph::GatherAttributes{.place = scope.empty() ? "take" : scope, .table = x.shape()});
}

}  // namespace shoal::ops
