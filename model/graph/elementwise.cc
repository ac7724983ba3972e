#include "model/graph/rules.h"

namespace shoal::graph {
namespace {

Result unary_floating(const Operation& operation, Inputs inputs, const Attributes&) {
  require_floating(operation, *inputs[0]);
  return {inputs[0]->shape, inputs[0]->dtype};
}

Result unary(const Operation& operation, Inputs inputs, const Attributes&) {
  if (inputs[0]->dtype == DType::kBool) raise("{}: needs numbers, received bool", operation.name);
  return {inputs[0]->shape, inputs[0]->dtype};
}

Result binary(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  if (inputs[0]->dtype == DType::kBool) raise("{}: needs numbers, received bool", operation.name);
  return {broadcast_rows(operation, inputs[0]->shape, inputs[1]->shape), inputs[0]->dtype};
}

Result comparison(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  return {broadcast_rows(operation, inputs[0]->shape, inputs[1]->shape), DType::kBool};
}

Result select(const Operation& operation, Inputs inputs, const Attributes&) {
  if (inputs[0]->dtype != DType::kBool)
    raise("{}: the condition must be bool, received {}", operation.name, name_of(inputs[0]->dtype));
  require_same_dtype(operation, *inputs[1], *inputs[2]);
  const Shape values = broadcast_rows(operation, inputs[1]->shape, inputs[2]->shape);
  return {broadcast_rows(operation, inputs[0]->shape, values), inputs[1]->dtype};
}

Result logical(const Operation& operation, Inputs inputs, const Attributes&) {
  for (const NodePtr& input : inputs)
    if (input->dtype != DType::kBool)
      raise("{}: operands must be bool, received {}", operation.name, name_of(input->dtype));
  return {inputs.size() == 1 ? inputs[0]->shape : broadcast_rows(operation, inputs[0]->shape, inputs[1]->shape),
          DType::kBool};
}

Result gradient_of_unary(const Operation& operation, Inputs inputs, const Attributes&) {
  require_floating(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the gradient");
  return {inputs[0]->shape, inputs[0]->dtype};
}

Result converted(const Operation&, Inputs inputs, const Attributes& attributes) {
  return {inputs[0]->shape, std::get<CastAttributes>(attributes).dtype};
}

constexpr Operation kElementwise[] = {
    {"add", 2, 2, binary, row_wise, cost_of_output},
    {"subtract", 2, 2, binary, row_wise, cost_of_output},
    {"multiply", 2, 2, binary, row_wise, cost_of_output},
    {"divide", 2, 2, binary, row_wise, cost_of_output},
    {"maximum", 2, 2, binary, row_wise, cost_of_output},
    {"minimum", 2, 2, binary, row_wise, cost_of_output},
    {"power", 2, 2, binary, row_wise, cost_of_output},
    {"equal", 2, 2, comparison, row_wise, cost_of_output},
    {"not_equal", 2, 2, comparison, row_wise, cost_of_output},
    {"greater", 2, 2, comparison, row_wise, cost_of_output},
    {"greater_equal", 2, 2, comparison, row_wise, cost_of_output},
    {"less", 2, 2, comparison, row_wise, cost_of_output},
    {"less_equal", 2, 2, comparison, row_wise, cost_of_output},
    {"logical_and", 2, 2, logical, row_wise, cost_of_output},
    {"logical_or", 2, 2, logical, row_wise, cost_of_output},
    {"logical_not", 1, 1, logical, row_wise, cost_of_output},
    {"where", 3, 3, select, row_wise, cost_of_output},
    {"negative", 1, 1, unary, row_wise, cost_of_output},
    {"abs", 1, 1, unary, row_wise, cost_of_output},
    {"sign", 1, 1, unary, row_wise, cost_of_output},
    {"square", 1, 1, unary, row_wise, cost_of_output},
    {"relu", 1, 1, unary, row_wise, cost_of_output},
    {"exp", 1, 1, unary_floating, row_wise, cost_of_output},
    {"log", 1, 1, unary_floating, row_wise, cost_of_output},
    {"log1p", 1, 1, unary_floating, row_wise, cost_of_output},
    {"expm1", 1, 1, unary_floating, row_wise, cost_of_output},
    {"erf", 1, 1, unary_floating, row_wise, cost_of_output},
    {"sin", 1, 1, unary_floating, row_wise, cost_of_output},
    {"cos", 1, 1, unary_floating, row_wise, cost_of_output},
    {"floor", 1, 1, unary_floating, row_wise, cost_of_output},
    {"rsqrt", 1, 1, unary_floating, row_wise, cost_of_output},
    {"sqrt", 1, 1, unary_floating, row_wise, cost_of_output},
    {"tanh", 1, 1, unary_floating, row_wise, cost_of_output},
    {"sigmoid", 1, 1, unary_floating, row_wise, cost_of_output},
    {"softplus", 1, 1, unary_floating, row_wise, cost_of_output},
    {"relu_gradient", 2, 2, gradient_of_unary, row_wise, cost_of_output},  // (y, dy)
    {"cast", 1, 1, converted, row_wise, cost_of_output},
};

}  // namespace

std::span<const Operation> tables::elementwise() { return kElementwise; }

}  // namespace shoal::graph
