#include "model/graph/rules.h"

// Rows of a table by number, and back.
namespace shoal::graph {
namespace {

void require_indices(const Operation& operation, const Node& indices) {
  if (indices.dtype != DType::kInt32 && indices.dtype != DType::kInt64)
    raise("{}: indices must be int32 or int64, received {}", operation.name, name_of(indices.dtype));
}

Shape taken(const Shape& indices, const Shape& table) {
  std::vector<std::int64_t> dims = indices.dims();
  dims.insert(dims.end(), table.dims().begin() + 1, table.dims().end());
  return Shape(std::move(dims));
}

// (table (n, ...), indices) -> (indices..., ...)
Result take_rows(const Operation& operation, Inputs inputs, const Attributes&) {
  const Node &table = *inputs[0], &indices = *inputs[1];
  require_indices(operation, indices);
  require_not_rows(operation, table, "the table");
  if (table.shape.rank() < 1) raise("{}: the table needs an axis, received a scalar", operation.name);
  return {taken(indices.shape, table.shape), table.dtype};
}

// (indices, values) -> a table of zeros to whose rows the values are added
Result add_rows(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& table = std::get<GatherAttributes>(attributes).table;
  require_indices(operation, *inputs[0]);
  require_shape(operation, *inputs[1], taken(inputs[0]->shape, table), "the values");
  return {table, inputs[1]->dtype};
}

// indices -> kernels::RowGroups
Result group_rows(const Operation& operation, Inputs inputs, const Attributes&) {
  require_indices(operation, *inputs[0]);
  return {groups_shape(inputs[0]->shape), DType::kInt64};
}

// A sum over rows that needs no copy of the table for each lane: its pieces are ranges of the table.
constexpr Operation kGather[] = {
    {"take_rows", 2, 2, take_rows, row_wise, no_cost},
    {"add_rows", 2, 2, add_rows, whole, cost_of_output},
    {"group_rows", 1, 1, group_rows, whole, no_cost},
};

}  // namespace

Shape groups_shape(const Shape& indices) { return {kRows, 3 * indices.elements_per_row() + 2}; }

std::span<const Operation> tables::gather() { return kGather; }

}  // namespace shoal::graph
