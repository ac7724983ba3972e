#include "model/graph/rules.h"

// Draws keyed by (key, step, row of the global batch): the last two inputs are the step and the first row.
namespace shoal::graph {
namespace {

void require_counters(const Operation& operation, const Node& step, const Node& first_row) {
  if (step.dtype != DType::kInt64 || first_row.dtype != DType::kInt64 || step.shape.rank() != 0 ||
      first_row.shape.rank() != 0)
    raise<InternalError>("{}: step and first row must be int64 scalars", operation.name);
}

Result dropout(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_floating(operation, *inputs[0]);
  require_counters(operation, *inputs[1], *inputs[2]);
  const double rate = std::get<RandomAttributes>(attributes).rate;
  if (!(rate >= 0 && rate < 1)) raise("{}: rate must be in [0, 1), received {}", operation.name, rate);
  return {inputs[0]->shape, inputs[0]->dtype};
}

Result uniform(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_counters(operation, *inputs[0], *inputs[1]);
  return {std::get<RandomAttributes>(attributes).shape, std::get<RandomAttributes>(attributes).dtype};
}

double cost(Inputs, const Attributes&, const Shape& output) { return 20 * elements_or_row(output); }

constexpr Operation kRandom[] = {
    {"dropout", 3, 3, dropout, row_wise, cost},
    {"random_normal", 2, 2, uniform, row_wise, cost},
    {"random_uniform", 2, 2, uniform, row_wise, cost},
};

}  // namespace

std::span<const Operation> tables::random() { return kRandom; }

}  // namespace shoal::graph
