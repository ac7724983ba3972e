#include "model/kernels/group_rows.h"
#include "model/plan/executor.h"

// Tables of which a batch reads some rows only.
namespace shoal::plan {

// Where a batch names half of a table's rows or more, all of them in one pass cost less.
bool Executor::choose_rows(const VariableState& state, std::int64_t rows) const {
  return state.numbers_per_row > 0 && state.index >= 0 && observer_ != nullptr &&
         2 * rows * state.numbers_per_row <= state.variable.shape()[0] && observer_->takes_rows(state.index);
}

bool Executor::run_by_rows(const Step& step) {
  const Instruction& instruction = step.instructions[0];
  const int table = std::max(instruction.groups, instruction.adds);
  if (table < 0) return false;
  const VariableState& state = *variables_[static_cast<std::size_t>(table)];
  const bool groups = instruction.groups >= 0;
  if (!state.by_rows) return groups;  // nobody needs them grouped
  Call call;
  fill(call, instruction, 0, nullptr);
  call.rows = blocking_.rows;
  call.scratch = workspace_->arena().at(step.scratch.offset);
  if (groups) call_kernel(instruction, call, 0);
  const auto* grouped = static_cast<const std::int64_t*>(groups ? call.out : call.in[2]);
  kernels::RowTerms terms{kernels::RowGroups::at(grouped, blocking_.rows * state.numbers_per_row), call.in[1],
                          state.variable.shape().elements_per_row()};
  if (groups)
    observer_->before_rows(state.index, {terms.groups.rows, static_cast<std::size_t>(terms.groups.count)});
  else
    observer_->gradient_rows(state.index, state.variable.dtype() == DType::kFloat64
                                              ? kernels::gradient_of<double>(terms)
                                              : kernels::gradient_of<float>(terms));
  return true;
}

}  // namespace shoal::plan
