#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/graph/node.h"

namespace shoal::graph {

// While a Trace lives, ops called in its thread record a step instead of computing: reading a value throws, writing a
// variable becomes a root of the graph, and what differs from step to step is an input.
class Trace {
 public:
  explicit Trace(bool training);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  static Trace* current();  // null outside of a trace

  bool training() const { return training_; }

  // An input that every run feeds. `shape` may have symbolic rows.
  Tensor input(const std::string& name, const Shape& shape, DType dtype);
  const std::vector<Tensor>& inputs() const { return inputs_; }

  // Scalars that every run gives (StepScalars in model/plan/plan.h): step is int64, first_row int64, inverse_rows a
  // floating scalar (1 / rows of the global batch).
  Tensor step();
  Tensor first_row();
  Tensor inverse_rows(DType dtype);
  Tensor row_count(DType dtype);  // rows of this process's part of the batch, a floating scalar

  // Roots, in the order of the program.
  void add_assign(const Variable& variable, const Tensor& value);
  void add_gradient(const Variable& variable, const Tensor& gradient);
  const std::vector<Tensor>& roots() const { return roots_; }

  Tensor read(const Variable& variable);  // graph::read within this trace

 private:
  bool training_;
  Trace* previous_;
  std::vector<Tensor> inputs_, roots_;
  Tensor step_, first_row_, inverse_rows_[2], row_count_[2];
  std::map<std::uint64_t, Tensor> values_;  // by id of the variable: read or assigned in this trace
};

// Outside of a trace random draws are those of step 0 and row 0, unless this lives in the thread: for training that
// evaluates node by node.
class EagerStep {
 public:
  EagerStep(std::int64_t step, std::int64_t first_row);
  ~EagerStep();
  EagerStep(const EagerStep&) = delete;
  EagerStep& operator=(const EagerStep&) = delete;
  static const EagerStep* current();

  const std::int64_t step, first_row;

 private:
  const EagerStep* previous_;
};

}  // namespace shoal::graph
