#pragma once

#include <atomic>

#include "model/plan/layout.h"
#include "model/plan/plan.h"

namespace shoal::plan {

// A plan at work. Whatever a run needs is made beforehand; a run fills in pointers and calls kernels.
class Executor final : public Plan {
 public:
  Executor(Program program, const Options& options);

  void run(const std::vector<const void*>& inputs, const StepScalars& scalars, Observer* observer) override;
  const void* output(std::size_t index) const override;
  Shape output_shape(std::size_t index) const override;
  std::size_t arena_bytes() const override { return layout_ ? layout_->bytes : 0; }
  std::size_t live_bytes() const override { return layout_ ? layout_->live_bytes : 0; }
  std::vector<NodeInfo> nodes() const override;
  int tasks() const override { return options_.threads; }
  void set_profile(Profile* profile) override { profile_ = profile; }
  std::string describe() const override;

 private:
  struct Operand {
    int item = -1;              // whose values, aliases resolved
    bool block = false;         // in the thread's area
    std::size_t offset = 0;     // there
    std::size_t row_bytes = 0;  // from one row of the batch to the next, elsewhere
    int variable = -1;          // position in variables_
  };
  struct Instruction {
    void (*run)(const void*, const Call&) = nullptr;
    const void* params = nullptr;
    int inputs = 0;
    std::array<Operand, Call::kMostInputs> in;
    Operand out;
    bool sums = false;
    std::size_t bytes = 0;        // of a sum
    std::size_t lane_offset = 0;  // in the arena
    int node = 0;                 // in nodes()
    int gradient = -1;            // position in variables_ of the variable whose gradient is written
    std::int64_t pieces = 1, piece_elements = 0;
    std::size_t piece_bytes = 0;
    int hands_over = -1;  // like `gradient`, when its parts may be applied as soon as they are complete
    // Like `gradient`: of the table whose rows this groups, or whose gradient this makes by rows.
    int groups = -1, adds = -1;
  };
  // Part of a sum that one thread completes.
  struct SumPart {
    std::size_t instruction = 0;
    std::int64_t begin = 0, count = 0;  // elements
  };
  struct Step {  // a segment
    bool by_rows = false;
    std::vector<Instruction> instructions;
    std::vector<SumPart> sum_parts;
    std::vector<int> ready;  // positions in variables_
    Layout::Area blocks, scratch;
  };
  enum Announced { kNot, kBeing, kDone, kFailed };
  struct VariableState {
    Variable variable;
    int item = -1;                     // that reads it, or -1
    int index = -1;                    // in the ParameterSpace, for this run
    std::int64_t part_elements = 0;    // where the gradient can be handed over in parts
    std::int64_t numbers_per_row = 0;  // of the table's rows, in a row of the batch; 0: cannot be by rows
    bool by_rows = false;              // in this run
    bool in_parts = false;             // its gradient is handed over in parts, in this run
    std::atomic<int> announced{kNot};  // before_forward
  };

  void bind_kernels();
  bool choose_rows(const VariableState& state, std::int64_t rows) const;
  int variable_position(const Variable& variable);
  void prepare(std::int64_t rows);
  Operand operand(int item) const;
  Instruction instruction(int item) const;
  void finish_instruction(Step& step, std::size_t index);
  void set_pointers(const std::vector<const void*>& inputs, const StepScalars& scalars);
  void run_rows(const Step& step);
  void run_lane(const Step& step, std::int64_t lane, std::size_t task);
  void finish_sums(const Step& step);
  void finish_sum(const Step& step, const SumPart& part);
  void run_whole(const Step& step);
  bool run_by_rows(const Step& step);  // false: it runs as any other
  void need(const Operand& operand);
  void announce_write(const Instruction& instruction);
  const VariableState* receiver(const Instruction& instruction) const;  // of the gradient in parts, or null
  void call_kernel(const Instruction& instruction, const Call& call, std::size_t task);
  void fill(Call& call, const Instruction& instruction, std::int64_t first_row, std::byte* area);
  void write_assigned();
  const Item& item_of(const Instruction& instruction) const {
    return program_.items[static_cast<std::size_t>(instruction.out.item)];
  }

  Program program_;
  Options options_;
  std::shared_ptr<Workspace> workspace_;
  Schedule schedule_;
  std::vector<Kernel> kernels_;  // of an item
  std::size_t row_bytes_;
  std::vector<std::unique_ptr<VariableState>> variables_;

  std::int64_t most_rows_ = -1;
  std::unique_ptr<Layout> layout_;
  std::vector<Step> steps_;
  std::vector<std::byte*> base_;  // of an item's values, not for those in blocks

  // of the run
  Blocking blocking_{1, 0};
  Observer* observer_ = nullptr;
  Profile* profile_ = nullptr;
  std::int64_t step_ = 0, first_row_ = 0;
  double inverse_rows_ = 0, row_count_ = 0;
  float inverse_rows_float_ = 0, row_count_float_ = 0;
  std::atomic<std::int64_t> next_{0};
};

}  // namespace shoal::plan
