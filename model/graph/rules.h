#pragma once

#include "common/base/error.h"
#include "model/graph/operation.h"

// Shared by the tables of operations: checks, and the commonest rules.
namespace shoal::graph {

inline Rows row_wise(Inputs, const Attributes&, const Shape&) { return Rows::kRowWise; }
inline Rows whole(Inputs, const Attributes&, const Shape&) { return Rows::kWhole; }

inline double no_cost(Inputs, const Attributes&, const Shape&) { return 0; }
inline double cost_of_output(Inputs, const Attributes&, const Shape& output) { return elements_or_row(output); }
inline double cost_of_input(Inputs inputs, const Attributes&, const Shape&) {
  return elements_or_row(inputs[0]->shape);
}

inline Result same_as_first(const Operation&, Inputs inputs, const Attributes&) {
  return {inputs[0]->shape, inputs[0]->dtype};
}

inline void require_floating(const Operation& operation, const Node& input) {
  if (!is_floating(input.dtype))
    raise("{}: needs a floating dtype, received {} of shape {}", operation.name, name_of(input.dtype),
          input.shape.to_string());
}

inline void require_same_dtype(const Operation& operation, const Node& a, const Node& b) {
  if (a.dtype != b.dtype)
    raise("{}: operands must have one dtype, received {} and {} (use ops::cast)", operation.name, name_of(a.dtype),
          name_of(b.dtype));
}

inline void require_rank(const Operation& operation, const Node& input, int rank, const char* what) {
  if (input.shape.rank() != rank)
    raise("{}: {} must have rank {}, received shape {}", operation.name, what, rank, input.shape.to_string());
}

inline void require_shape(const Operation& operation, const Node& input, const Shape& shape, const char* what) {
  if (input.shape != shape)
    raise("{}: {} must have shape {}, received {}", operation.name, what, shape.to_string(), input.shape.to_string());
}

inline void require_not_rows(const Operation& operation, const Node& input, const char* what) {
  if (input.shape.has_rows())
    raise("{}: {} may not have the rows of the batch, received shape {}", operation.name, what,
          input.shape.to_string());
}

// NumPy's rule, and the rows of the batch stay the first axis.
inline Shape broadcast_rows(const Operation& operation, const Shape& a, const Shape& b) {
  Shape result = broadcast(a, b, operation.name);
  for (int axis = 1; axis < result.rank(); ++axis)
    if (result[axis] < 0)
      raise("{}: shapes {} and {} would move the rows of the batch away from the first axis", operation.name,
            a.to_string(), b.to_string());
  return result;
}

}  // namespace shoal::graph
