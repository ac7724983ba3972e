#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

// (..., n) as a matrix of rows.
Tensor as_matrix(const Tensor& x) {
  const Shape& shape = x.shape();
  if (shape.rank() == 2) return x;
  std::int64_t rows = 1;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) rows *= shape[axis];
  return make("reshape", {x}, graph::ShapeAttributes{Shape{rows, shape[-1]}});
}

Terms matmul(const NodePtr& node, const Tensor& g) {
  const auto [transpose_a, transpose_b] = std::get<graph::MatmulAttributes>(node->attributes);
  const Tensor a = operand(node, 0), b = operand(node, 1);
  if (transpose_a)
    return {ops::matmul(b, g, transpose_b, true),
            transpose_b ? ops::matmul(g, a, true, true) : ops::matmul(a, g, false, false)};
  const Tensor rows_a = as_matrix(a), rows_g = as_matrix(g);
  return {ops::matmul(g, b, false, !transpose_b),
          transpose_b ? ops::matmul(rows_g, rows_a, true, false) : ops::matmul(rows_a, rows_g, true, false)};
}

constexpr Row kProducts[] = {
    {"matmul", matmul},
};

}  // namespace

std::span<const Row> tables::products() { return kProducts; }

}  // namespace shoal::autograd
