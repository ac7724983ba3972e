#pragma once

#include <span>
#include <string_view>

#include "model/graph/node.h"

namespace shoal::graph {

// How an operation treats the rows of the batch.
enum class Rows {
  kRowWise,   // row i of the output needs only row i of the inputs that have symbolic rows, and all of the others
  kSumsRows,  // the output has no rows and is the sum of what each row contributes
  kWhole      // needs all of its inputs at once
};

struct Result {
  Shape shape;
  DType dtype;
};

using Inputs = std::span<const NodePtr>;

// One row of the table of operations: what is known of an operation without running it.
struct Operation {
  const char* name;
  int min_inputs, max_inputs;
  // Shape and dtype of the output; throws ValueError naming the operation, the rule and what it received.
  Result (*infer)(const Operation& operation, Inputs inputs, const Attributes& attributes);
  Rows (*rows)(Inputs inputs, const Attributes& attributes, const Shape& output);
  // Floating-point operations, for one row of the batch when rows are symbolic.
  double (*cost)(Inputs inputs, const Attributes& attributes, const Shape& output);

  bool is(std::string_view other) const { return other == name; }
};

// Throws InternalError when there is no such operation.
const Operation& operation(std::string_view name);
std::vector<const Operation*> all_operations();

// Of a made node; kWhole where nothing has rows.
Rows rows_of(const Node& node);
// Elements of a shape, or of one row of the batch when its rows are symbolic.
double elements_or_row(const Shape& shape);

// Of what group_rows makes of indices of this shape, with room for any of them.
Shape groups_shape(const Shape& indices);

namespace tables {  // one per file
std::span<const Operation> sources();
std::span<const Operation> elementwise();
std::span<const Operation> shapes();
std::span<const Operation> reductions();
std::span<const Operation> normalization();
std::span<const Operation> products();
std::span<const Operation> fused();
std::span<const Operation> batch_products();
std::span<const Operation> attention();
std::span<const Operation> windows();
std::span<const Operation> losses();
std::span<const Operation> random();
std::span<const Operation> gather();
std::span<const Operation> recurrent();
}  // namespace tables

}  // namespace shoal::graph
