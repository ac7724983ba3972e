#pragma once

#include <memory>
#include <span>
#include <vector>

#include "common/optim/rule.h"
#include "model/tensor/dtype.h"
#include "model/tensor/row_gradient.h"

namespace shoal::train {

// A table whose gradients come by rows, and its optimizer state. A step touches the rows that it has gradients for;
// what it does to the others waits until they are read. Then it is done exactly as it would have been: no bit depends
// on when somebody reads.
class TableRows {
 public:
  virtual ~TableRows() = default;

  // Rows (ascending, each once) that are about to be read or get a gradient.
  virtual void bring_up(std::span<const std::int64_t> rows) = 0;
  // One step of the whole table, after bring_up of the gradient's rows. gradient_scale must be finite.
  virtual void apply(const optim::Step& step, const RowGradient& gradient) = 0;
  // Every row has had every step.
  virtual void settle() = 0;
  // Somebody else wrote weights or slots, after `settle`.
  virtual void changed() = 0;

  // The sum of squares of a gradient, with the bits of that of the whole table (common/optim/norms.h).
  virtual double squares(const RowGradient& gradient) = 0;
  // A copy that lives until the next one.
  virtual const RowGradient& keep(const RowGradient& gradient) = 0;
  virtual const RowGradient& kept() const = 0;
  // Writes the gradient of the whole table.
  virtual void write_dense(const RowGradient& gradient, void* out) const = 0;
};

struct TablePlace {
  std::size_t rows = 0, width = 0;  // elements of a row
  void* weights = nullptr;
  std::vector<void*> slots = {};
  bool fresh = false;  // the slots have their first values
};

// `rule` must outlive it.
std::unique_ptr<TableRows> make_table_rows(const optim::Rule& rule, DType dtype, const TablePlace& place);

}  // namespace shoal::train
