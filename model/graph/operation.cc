#include "model/graph/operation.h"

#include <unordered_map>

#include "common/base/error.h"

namespace shoal::graph {
namespace {

using Index = std::unordered_map<std::string_view, const Operation*>;

const Index& index() {
  static const Index built = [] {
    Index result;
    for (auto table :
         {tables::sources(), tables::elementwise(), tables::shapes(), tables::reductions(), tables::normalization(),
          tables::products(), tables::batch_products(), tables::attention(), tables::windows(), tables::fused(),
          tables::losses(), tables::random(), tables::gather(), tables::recurrent()})
      for (const Operation& row : table) result.emplace(row.name, &row);
    return result;
  }();
  return built;
}

}  // namespace

const Operation& operation(std::string_view name) {
  const auto found = index().find(name);
  if (found == index().end()) raise<InternalError>("there is no operation '{}'", name);
  return *found->second;
}

std::vector<const Operation*> all_operations() {
  std::vector<const Operation*> result;
  for (const auto& [name, row] : index()) result.push_back(row);
  return result;
}

Rows rows_of(const Node& node) {
  bool any = node.shape.has_rows();
  for (const NodePtr& input : node.inputs) any = any || input->shape.has_rows();
  return any ? node.operation->rows(node.inputs, node.attributes, node.shape) : Rows::kWhole;
}

double elements_or_row(const Shape& shape) {
  double product = 1;
  for (std::int64_t dim : shape.dims()) product *= static_cast<double>(dim < 0 ? -dim : dim);
  return product;
}

}  // namespace shoal::graph
