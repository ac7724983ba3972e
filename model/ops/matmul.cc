#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/ops.h"

namespace shoal::ops {
namespace {

// The leading axes of a and b by NumPy's rule, then the operand's own matrix.
Tensor stretched(const Tensor& x, const Shape& leading) {
  std::vector<std::int64_t> dims = leading.dims();
  dims.push_back(x.shape()[-2]);
  dims.push_back(x.shape()[-1]);
  return broadcast_to(x, Shape(std::move(dims)));
}

Shape leading_axes(const Tensor& x) {
  const auto& dims = x.shape().dims();
  return Shape(std::vector<std::int64_t>(dims.begin(), dims.end() - 2));
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  const int rank_a = a.shape().rank(), rank_b = b.shape().rank();
  if (rank_b == 1 && !transpose_b) return squeeze(matmul(a, expand_dims(b, -1), transpose_a), -1);
  if (rank_b <= 2 && (rank_a <= 2 || !transpose_a))
    return graph::make("matmul", {a, b}, graph::MatmulAttributes{transpose_a, transpose_b});
  if (rank_a == 1 && !transpose_a) return squeeze(matmul(expand_dims(a, 0), b, false, transpose_b), -2);
  if (rank_a < 2 || rank_b < 2)
    raise("matmul: a vector cannot be transposed, received shapes {} and {}", a.shape().to_string(),
          b.shape().to_string());
  const Shape leading = broadcast(leading_axes(a), leading_axes(b), "matmul");
  return graph::make("batch_matmul", {stretched(a, leading), stretched(b, leading)},
                     graph::BatchMatmulAttributes{.transpose_a = transpose_a, .transpose_b = transpose_b});
}

}  // namespace shoal::ops
