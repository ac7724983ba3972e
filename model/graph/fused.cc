#include "model/graph/rules.h"

// Operations that only a plan's passes make: their shapes were checked when the operations they stand for were made.
namespace shoal::graph {
namespace {

Result made_by_a_pass(const Operation& operation, Inputs, const Attributes&) {
  raise<InternalError>("{}: only a plan makes this operation", operation.name);
}

Rows sums_rows(Inputs, const Attributes&, const Shape&) { return Rows::kSumsRows; }

constexpr Operation kFused[] = {
    // (x, kernel) -> uint8: room for what pooled_conv2d finds beside its output
    {"pool_winners", 2, 2, made_by_a_pass, row_wise, no_cost},
    // (x, kernel, winners, bias): the winners are written
    {"pooled_conv2d", 3, 4, made_by_a_pass, row_wise, no_cost},
    // (kernel, dy, winners)
    {"sparse_conv2d_input_gradient", 2, 3, made_by_a_pass, row_wise, no_cost},
    // (x, dy, winners)
    {"sparse_conv2d_kernel_gradient", 2, 3, made_by_a_pass, sums_rows, no_cost},
};

}  // namespace

std::span<const Operation> tables::fused() { return kFused; }

}  // namespace shoal::graph
