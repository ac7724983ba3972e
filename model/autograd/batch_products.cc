#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::NodePtr;
using Terms = std::vector<Tensor>;

struct Operand {
  Tensor value;
  bool transposed, heads;
};

Tensor product(const Operand& a, const Operand& b, bool heads_out) {
  return graph::make("batch_matmul", {a.value, b.value},
                     graph::BatchMatmulAttributes{a.transposed, b.transposed, a.heads, b.heads, heads_out});
}

Terms batch_matmul(const NodePtr& node, const Tensor& g) {
  const auto& how = std::get<graph::BatchMatmulAttributes>(node->attributes);
  const Tensor a = operand(node, 0), b = operand(node, 1);
  const Operand as_stored{g, false, how.heads_out}, turned{g, true, how.heads_out};
  return {how.transpose_a ? product({b, how.transpose_b, how.heads_b}, turned, how.heads_a)
                          : product(as_stored, {b, !how.transpose_b, how.heads_b}, how.heads_a),
          how.transpose_b ? product(turned, {a, how.transpose_a, how.heads_a}, how.heads_b)
                          : product({a, !how.transpose_a, how.heads_a}, as_stored, how.heads_b)};
}

constexpr Row kBatchProducts[] = {
    {"batch_matmul", batch_matmul},
};

}  // namespace

std::span<const Row> tables::batch_products() { return kBatchProducts; }

}  // namespace shoal::autograd
