#include "model/graph/rules.h"

// Operations that only a plan's passes make: their shapes were checked when the operations they stand for were made.
namespace shoal::graph {
namespace {

Result made_by_a_pass(const Operation& operation, Inputs, const Attributes&) {
  raise<InternalError>("{}: only a plan makes this operation", operation.name);
}

Rows sums_rows(Inputs, const Attributes&, const Shape&) { return Rows::kSumsRows; }

Rows whole(Inputs, const Attributes&, const Shape&) { return Rows::kWhole; }

constexpr Operation kFused[] = {
    // (x, [scale, shift], addend) -> ReLU, or not, of their sum
    {"fused_scale_shift", 2, 3, made_by_a_pass, row_wise, no_cost},
    // (x, [scale, shift], y, [scale, shift], gate): the gate is a ReLU's output, or scale and shift of y before it
    {"scale_shift_two", 4, 5, made_by_a_pass, row_wise, no_cost},
    // (x, y, gate)
    {"gated_column_dots", 3, 3, made_by_a_pass, sums_rows, no_cost},
    // (y, first, second)
    {"relu_gradient_of_sum", 3, 3, made_by_a_pass, row_wise, no_cost},
    // (kernel) -> the planes that winograd_conv2d and its input gradient take
    {"winograd_kernel", 1, 1, made_by_a_pass, whole, no_cost},
    {"winograd_turned_kernel", 1, 1, made_by_a_pass, whole, no_cost},
    // (x, planes, bias)
    {"winograd_conv2d", 2, 3, made_by_a_pass, row_wise, no_cost},
    // (planes, dy)
    {"winograd_conv2d_input_gradient", 2, 2, made_by_a_pass, row_wise, no_cost},
    // (x, kernel) -> uint8: room for what pooled_conv2d finds beside its output
    {"pool_winners", 2, 2, made_by_a_pass, row_wise, no_cost},
    // (x, kernel, winners, bias): the winners are written
    {"pooled_conv2d", 3, 4, made_by_a_pass, row_wise, no_cost},
    // (kernel, dy, winners)
    {"sparse_conv2d_input_gradient", 2, 3, made_by_a_pass, row_wise, no_cost},
    // (x, dy, winners)
    {"sparse_conv2d_kernel_gradient", 2, 3, made_by_a_pass, sums_rows, no_cost},
    // (weights, dvalues, value, mask): attention_gradient of the product of dvalues and value
    {"fused_attention_gradient", 3, 4, made_by_a_pass, row_wise, no_cost},
};

}  // namespace

std::span<const Operation> tables::fused() { return kFused; }

}  // namespace shoal::graph
