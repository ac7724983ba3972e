#include "model/graph/rules.h"

// Where values come from and where they go: leaves and roots of a graph.
namespace shoal::graph {
namespace {

Result given(const Operation& operation, Inputs, const Attributes&) {
  raise<InternalError>("'{}' is made with its shape, not inferred", operation.name);
}

constexpr Operation kSources[] = {
    {"constant", 0, 0, given, whole, no_cost},
    {"variable", 0, 0, given, whole, no_cost},
    {"input", 0, 0, given, row_wise, no_cost},
    {"step", 0, 0, given, whole, no_cost},
    {"first_row", 0, 0, given, whole, no_cost},
    {"inverse_rows", 0, 0, given, whole, no_cost},
    {"row_count", 0, 0, given, whole, no_cost},
    {"assign", 1, 1, same_as_first, whole, no_cost},
    {"apply_gradient", 1, 1, same_as_first, whole, no_cost},
};

}  // namespace

std::span<const Operation> tables::sources() { return kSources; }

}  // namespace shoal::graph
