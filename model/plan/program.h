#pragma once

#include <string>
#include <vector>

#include "model/graph/operation.h"
#include "model/graph/trace.h"

namespace shoal::plan {

enum class Kind {
  kConstant,
  kVariable,
  kInput,
  kStep,
  kFirstRow,
  kInverseRows,
  kRowCount,  // given before the run
  kCompute,   // a kernel's output
  kAlias,     // its input's values under another shape
  kAssign,
  kApplyGradient  // roots
};

// A node of the graph while a plan is made of it; passes may change it.
struct Item {
  Kind kind = Kind::kCompute;
  const graph::Operation* operation = nullptr;
  graph::Attributes attributes;
  Shape shape;
  DType dtype = DType::kFloat32;
  std::string scope;
  std::vector<int> inputs;   // positions of earlier items
  std::vector<int> readers;  // positions of later items, each once
  graph::Rows rows = graph::Rows::kWhole;
  double cost = 0;     // operations, of one row where rows are symbolic
  bool split = false;  // a product over all rows in pieces of its outputs
  bool is_output = false;
  Tensor constant;
  Variable variable;
  int input = -1;  // position among the trace's inputs

  std::size_t row_bytes() const;    // of one row of the batch; 0 without rows
  std::size_t fixed_bytes() const;  // of the whole without rows; 0 with rows
  std::size_t bytes(std::int64_t rows) const { return fixed_bytes() + row_bytes() * static_cast<std::size_t>(rows); }
};

// Items in an order in which they can run.
struct Program {
  std::vector<Item> items;
  std::vector<int> outputs;  // positions

  // The item that holds an item's values: itself, or the one an alias stands for.
  int storage(int item) const;
  void find_readers();
  // Drops items marked in `gone` (nobody may read them any more).
  void remove(const std::vector<bool>& gone);
};

// Everything that the roots of the trace and the outputs need: dead code falls away here.
Program collect(const graph::Trace& trace, const std::vector<Tensor>& outputs);
// Joins what stands around a batch normalization to passes that read and write each value once: ReLU and addition
// behind it, their gradients and its own.
void fuse_normalization(Program& program);
// Joins bias and activation to the product or convolution before them, where nobody else reads what lies between.
void fuse(Program& program);
// Joins the gradient of attention's weights, a product, to what makes the gradient of the scores of it.
void fuse_attention(Program& program);
// Behind ReLU and 2x2 max-pooling most of a gradient is zero: convolutions before them keep what was pooled and which
// output won, and their gradients take only what is not zero. Goes before `fuse`.
void skip_zeros(Program& program);
// A table that is only read by the numbers of its rows, and whose gradient goes only to its rule: the numbers are
// sorted once, for who applies gradients by rows. Says so to the executor by a `group_rows` with the table's variable,
// behind the other operands of the table's take_rows and add_rows.
void take_by_rows(Program& program);
// Convolutions of a shape for Winograd's algorithm get their kernel taken apart, once a run. Goes after `fuse`.
void take_winograd(Program& program);
// Large weights: their products run over all rows at once, in pieces of their outputs, so that no lane needs a copy
// of their gradient. Where gradients shall leave early, so do the products before it in the backward pass: the gradient
// then need not wait for what follows row by row. Same bits.
void split_large_products(Program& program, bool gradients_leave_early);

}  // namespace shoal::plan
