#include "model/graph/rules.h"

// Cross-entropies from logits, one value per row, and their gradients.
namespace shoal::graph {
namespace {

Shape without_classes(const Operation& operation, const Node& logits) {
  require_floating(operation, logits);
  if (logits.shape.rank() < 2)
    raise("{}: the output must be (rows, classes), received shape {}", operation.name, logits.shape.to_string());
  std::vector<std::int64_t> dims = logits.shape.dims();
  dims.pop_back();
  return Shape(std::move(dims));
}

void require_labels(const Operation& operation, const Node& labels, const Shape& shape) {
  if (labels.dtype != DType::kInt64)
    raise("{}: labels must be int64, received {}", operation.name, name_of(labels.dtype));
  require_shape(operation, labels, shape, "the labels");
}

// (logits, labels)
Result sparse(const Operation& operation, Inputs inputs, const Attributes&) {
  const Shape rows = without_classes(operation, *inputs[0]);
  require_labels(operation, *inputs[1], rows);
  return {rows, inputs[0]->dtype};
}

// (logits, labels, gradient per row)
Result sparse_gradient(const Operation& operation, Inputs inputs, const Attributes&) {
  const Shape rows = without_classes(operation, *inputs[0]);
  require_labels(operation, *inputs[1], rows);
  require_shape(operation, *inputs[2], rows, "the gradient");
  return {inputs[0]->shape, inputs[0]->dtype};
}

// (logits, target)
Result dense(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the target");
  return {without_classes(operation, *inputs[0]), inputs[0]->dtype};
}

// (logits, target, gradient per row)
Result dense_gradient(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_shape(operation, *inputs[1], inputs[0]->shape, "the target");
  require_shape(operation, *inputs[2], without_classes(operation, *inputs[0]), "the gradient");
  return {inputs[0]->shape, inputs[0]->dtype};
}

double cost(Inputs inputs, const Attributes&, const Shape&) { return 5 * elements_or_row(inputs[0]->shape); }

constexpr Operation kLosses[] = {
    {"sparse_crossentropy", 2, 2, sparse, row_wise, cost},
    {"sparse_crossentropy_gradient", 3, 3, sparse_gradient, row_wise, cost},
    {"crossentropy", 2, 2, dense, row_wise, cost},
    {"crossentropy_gradient", 3, 3, dense_gradient, row_wise, cost},
};

}  // namespace

std::span<const Operation> tables::losses() { return kLosses; }

}  // namespace shoal::graph
