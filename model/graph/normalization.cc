#include "model/graph/rules.h"

// Normalization over the last axis (of a row) and over all others (of the batch). Operands named in brackets.
namespace shoal::graph {
namespace {

void require_columns(const Operation& operation, const Node& x) {
  require_floating(operation, x);
  if (x.shape.rank() == 0 || x.shape[-1] <= 0)
    raise("{}: needs a last axis of at least one element, received shape {}", operation.name, x.shape.to_string());
}

void require_vector(const Operation& operation, const Node& x, const Node& vector, const char* what) {
  require_same_dtype(operation, x, vector);
  require_shape(operation, vector, Shape{x.shape[-1]}, what);
}

// (x, gamma, beta)
Result layer_norm(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_vector(operation, *inputs[0], *inputs[1], "gamma");
  require_vector(operation, *inputs[0], *inputs[2], "beta");
  return {inputs[0]->shape, inputs[0]->dtype};
}

// (x, gamma, dy)
Result layer_norm_gradient(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_vector(operation, *inputs[0], *inputs[1], "gamma");
  require_same_dtype(operation, *inputs[0], *inputs[2]);
  require_shape(operation, *inputs[2], inputs[0]->shape, "the gradient");
  return {inputs[0]->shape, inputs[0]->dtype};
}

// (x, dy) -> dgamma
Result layer_norm_scale_gradient(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the gradient");
  return {Shape{inputs[0]->shape[-1]}, inputs[0]->dtype};
}

// (x, [scale, shift])
Result scale_shift(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], Shape{2, inputs[0]->shape[-1]}, "scale and shift");
  return {inputs[0]->shape, inputs[0]->dtype};
}

// (x, y) -> [sum of x y, sum of x]
Result column_dots(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the second operand");
  return {Shape{2, inputs[0]->shape[-1]}, inputs[0]->dtype};
}

// (x, shift) -> [sum of (x - shift)^2, sum of x - shift]
Result column_moments(const Operation& operation, Inputs inputs, const Attributes&) {
  require_columns(operation, *inputs[0]);
  require_vector(operation, *inputs[0], *inputs[1], "the shift");
  return {Shape{2, inputs[0]->shape[-1]}, inputs[0]->dtype};
}

Rows sums_rows(Inputs, const Attributes&, const Shape&) { return Rows::kSumsRows; }

double several_for_input(Inputs inputs, const Attributes&, const Shape&) {
  return 6 * elements_or_row(inputs[0]->shape);
}

constexpr Operation kNormalization[] = {
    {"layer_norm", 3, 3, layer_norm, row_wise, several_for_input},
    {"layer_norm_gradient", 3, 3, layer_norm_gradient, row_wise, several_for_input},
    {"layer_norm_scale_gradient", 2, 2, layer_norm_scale_gradient, sums_rows, several_for_input},
    {"scale_shift", 2, 2, scale_shift, row_wise, cost_of_output},
    {"column_dots", 2, 2, column_dots, sums_rows, several_for_input},
    {"column_moments", 2, 2, column_moments, sums_rows, several_for_input},
};

}  // namespace

std::span<const Operation> tables::normalization() { return kNormalization; }

}  // namespace shoal::graph
