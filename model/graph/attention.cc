#include <array>

#include "model/graph/rules.h"

// Attention of heads as they come out of a projection, (rows, steps, heads, size); weights and scores are (rows, heads,
// query steps, key steps). The mask is bool and broadcast to that.
namespace shoal::graph {
namespace {

void require_mask(const Operation& operation, const Node& mask, const Shape& scores) {
  bool fits = mask.dtype == DType::kBool && mask.shape.rank() == 4;
  for (int axis = 0; fits && axis < 4; ++axis) fits = mask.shape[axis] == 1 || mask.shape[axis] == scores[axis];
  if (!fits)
    raise("{}: the mask must be bool and broadcast to {}, received {} of shape {}", operation.name, scores.to_string(),
          name_of(mask.dtype), mask.shape.to_string());
}

double scale_of(const Operation& operation, const Attributes& attributes) {
  const double scale = std::get<AttentionAttributes>(attributes).scale;
  if (!(scale > 0)) raise("{}: scale must be positive, received {}", operation.name, scale);
  return scale;
}

// (query, key, mask)
Result attention_weights(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  scale_of(operation, attributes);
  require_floating(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_rank(operation, *inputs[0], 4, "the query");
  const Shape &query = inputs[0]->shape, &key = inputs[1]->shape;
  require_shape(operation, *inputs[1], Shape{query[0], key.rank() == 4 ? key[1] : 0, query[2], query[3]}, "the key");
  if (key[1] < 1) raise("{}: needs at least one key, received shape {}", operation.name, key.to_string());
  const Shape scores{query[0], query[2], query[1], key[1]};
  if (inputs.size() > 2) require_mask(operation, *inputs[2], scores);
  return {scores, inputs[0]->dtype};
}

// (weights, dweights, mask)
Result attention_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  scale_of(operation, attributes);
  require_floating(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_rank(operation, *inputs[0], 4, "the weights");
  require_shape(operation, *inputs[1], inputs[0]->shape, "the gradient");
  if (inputs.size() > 2) require_mask(operation, *inputs[2], inputs[0]->shape);
  return {inputs[0]->shape, inputs[0]->dtype};
}

double cost_of_weights(Inputs inputs, const Attributes&, const Shape& output) {
  return (2 * static_cast<double>(inputs[0]->shape[-1]) + 10) * elements_or_row(output);
}
double cost_of_gradient(Inputs, const Attributes&, const Shape& output) { return 5 * elements_or_row(output); }

constexpr Operation kAttention[] = {
    {"attention_weights", 2, 3, attention_weights, row_wise, cost_of_weights},
    {"attention_gradient", 2, 3, attention_gradient, row_wise, cost_of_gradient},
};

}  // namespace

std::span<const Operation> tables::attention() { return kAttention; }

}  // namespace shoal::graph
