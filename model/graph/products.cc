#include <utility>

#include "model/graph/rules.h"

// Matrix products.
namespace shoal::graph {
namespace {

MatmulAttributes matmul_attributes(const Attributes& attributes) {
  const auto* fused = std::get_if<FusedAttributes>(&attributes);
  return fused ? fused->matmul : std::get<MatmulAttributes>(attributes);
}

Result matmul(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto [transpose_a, transpose_b] = matmul_attributes(attributes);
  const Node &a = *inputs[0], &b = *inputs[1];
  require_floating(operation, a);
  require_same_dtype(operation, a, b);
  require_rank(operation, b, 2, "the second operand");
  if (a.shape.rank() < 1 || (transpose_a && a.shape.rank() != 2))
    raise("{}: the first operand must be a matrix or a stack of rows, received shape {}", operation.name,
          a.shape.to_string());
  if (b.shape.has_rows() && !(transpose_a && !transpose_b && a.shape.has_rows()))
    raise("{}: the rows of the batch may be summed over (both operands) or stay in front, received {} and {}",
          operation.name, a.shape.to_string(), b.shape.to_string());
  if (a.shape.rank() == 1 && a.shape.has_rows())
    raise("{}: the first operand has no axis beside the rows of the batch, received shape {}", operation.name,
          a.shape.to_string());
  const std::int64_t inner_a = a.shape[transpose_a ? 0 : -1], inner_b = b.shape[transpose_b ? 1 : 0];
  if (inner_a != inner_b)
    raise("{}: inner sizes must agree, received shapes {} and {}", operation.name, a.shape.to_string(),
          b.shape.to_string());
  std::vector<std::int64_t> dims = a.shape.dims();
  if (transpose_a) dims = {a.shape[1], 0};
  dims.back() = b.shape[transpose_b ? 0 : 1];
  return {Shape(std::move(dims)), a.dtype};
}

Rows rows_of_matmul(Inputs inputs, const Attributes& attributes, const Shape&) {
  const bool sums = matmul_attributes(attributes).transpose_a && inputs[0]->shape.has_rows();
  return sums ? Rows::kSumsRows : Rows::kRowWise;
}

double cost_of_matmul(Inputs inputs, const Attributes& attributes, const Shape& output) {
  const std::int64_t inner = inputs[0]->shape[matmul_attributes(attributes).transpose_a ? 0 : -1];
  return 2 * elements_or_row(output) * static_cast<double>(inner < 0 ? -inner : inner);
}

constexpr Operation kProducts[] = {
    {"matmul", 2, 2, matmul, rows_of_matmul, cost_of_matmul},
    {"fused_matmul", 2, 3, matmul, rows_of_matmul, cost_of_matmul},  // (a, b, bias)
};

}  // namespace

std::span<const Operation> tables::products() { return kProducts; }

}  // namespace shoal::graph
