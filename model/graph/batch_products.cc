#include "model/graph/rules.h"

// Products of stacks of matrices: one product for every place of the leading axes.
namespace shoal::graph {
namespace {

struct Matrices {
  std::vector<std::int64_t> leading;
  std::int64_t rows = 0, columns = 0;  // as stored
};

Matrices matrices(const Operation& operation, const Node& operand, bool heads) {
  const Shape& shape = operand.shape;
  if (shape.rank() < 3 || (heads && shape.rank() != 4))
    raise("{}: operands must be stacks of matrices, received shape {}", operation.name, shape.to_string());
  if (heads) return {{shape[0], shape[2]}, shape[1], shape[3]};
  return {{shape.dims().begin(), shape.dims().end() - 2}, shape[-2], shape[-1]};
}

Result batch_matmul(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto& how = std::get<BatchMatmulAttributes>(attributes);
  require_floating(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  const Matrices a = matrices(operation, *inputs[0], how.heads_a), b = matrices(operation, *inputs[1], how.heads_b);
  const std::int64_t inner_a = how.transpose_a ? a.rows : a.columns, inner_b = how.transpose_b ? b.columns : b.rows;
  if (a.leading != b.leading || inner_a != inner_b || (how.heads_out && a.leading.size() != 2))
    raise("{}: leading axes and inner sizes must agree, received shapes {} and {}", operation.name,
          inputs[0]->shape.to_string(), inputs[1]->shape.to_string());
  const std::int64_t m = how.transpose_a ? a.columns : a.rows, n = how.transpose_b ? b.rows : b.columns;
  if (how.heads_out) return {Shape{a.leading[0], m, a.leading[1], n}, inputs[0]->dtype};
  std::vector<std::int64_t> dims = a.leading;
  dims.insert(dims.end(), {m, n});
  return {Shape(std::move(dims)), inputs[0]->dtype};
}

double cost_of_batch_matmul(Inputs inputs, const Attributes& attributes, const Shape& output) {
  const auto& how = std::get<BatchMatmulAttributes>(attributes);
  const Shape& a = inputs[0]->shape;
  const std::int64_t inner = !how.transpose_a ? a[-1] : how.heads_a ? a[1] : a[-2];
  return 2 * elements_or_row(output) * static_cast<double>(inner);
}

constexpr Operation kBatchProducts[] = {
    {"batch_matmul", 2, 2, batch_matmul, row_wise, cost_of_batch_matmul},
};

}  // namespace

std::span<const Operation> tables::batch_products() { return kBatchProducts; }

}  // namespace shoal::graph
