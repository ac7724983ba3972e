#include <algorithm>

#include "common/base/error.h"
#include "model/plan/executor.h"
#include "model/plan/thread_pool.h"

// What a run finds ready: kernels, memory, instructions, pointers.
namespace shoal::plan {

std::unique_ptr<Plan> Plan::compile(const graph::Trace& trace, const std::vector<Tensor>& outputs,
                                    const Options& options) {
  if (options.threads < 1) raise("plan: threads must be positive, received {}", options.threads);
  Program program = collect(trace, outputs);
  if (options.fuse) {
    skip_zeros(program);
    fuse_normalization(program);
    fuse(program);
    take_winograd(program);
    fuse_attention(program);
  }
  take_by_rows(program);
  split_large_products(program, options.order == Options::Order::kLayerFirst);
  if (ThreadPool::global().threads() < options.threads) ThreadPool::global().resize(options.threads);
  return std::make_unique<Executor>(std::move(program), options);
}

Executor::Executor(Program program, const Options& options)
    : program_(std::move(program)),
      options_(options),
      workspace_(options.workspace ? options.workspace : std::make_shared<Workspace>()),
      schedule_(make_schedule(program_, options.order)),
      row_bytes_(largest_row(program_)) {
  bind_kernels();
  base_.assign(program_.items.size(), nullptr);
  for (std::size_t i = 0; i < program_.items.size(); ++i) {
    const Item& item = program_.items[i];
    if (item.kind == Kind::kConstant) base_[i] = static_cast<std::byte*>(const_cast<void*>(item.constant.raw()));
    if (item.kind == Kind::kVariable)
      variables_[static_cast<std::size_t>(variable_position(item.variable))]->item = static_cast<int>(i);
    if (item.kind == Kind::kApplyGradient) variable_position(item.variable);
  }
}

void Executor::bind_kernels() {
  kernels_.resize(program_.items.size());
  for (std::size_t i = 0; i < program_.items.size(); ++i) {
    const Item& item = program_.items[i];
    if (item.kind != Kind::kCompute) continue;
    Signature signature{
        item.operation, &item.attributes, {}, {}, item.shape, item.dtype, item.rows == graph::Rows::kSumsRows,
        item.split};
    for (int input : item.inputs) {
      signature.inputs.push_back(program_.items[static_cast<std::size_t>(input)].shape);
      signature.dtypes.push_back(program_.items[static_cast<std::size_t>(input)].dtype);
    }
    kernels_[i] = bind(signature);
  }
}

int Executor::variable_position(const Variable& variable) {
  for (std::size_t i = 0; i < variables_.size(); ++i)
    if (variables_[i]->variable == variable) return static_cast<int>(i);
  variables_.push_back(std::make_unique<VariableState>());
  variables_.back()->variable = variable;
  return static_cast<int>(variables_.size()) - 1;
}

Executor::Operand Executor::operand(int item) const {
  Operand result;
  result.item = program_.storage(item);
  const auto i = static_cast<std::size_t>(result.item);
  result.block = schedule_.places[i] == Place::kBlock;
  result.offset = result.block ? layout_->offsets[i] : 0;
  result.row_bytes = program_.items[i].row_bytes();
  for (std::size_t v = 0; v < variables_.size(); ++v)
    if (variables_[v]->item == result.item) result.variable = static_cast<int>(v);
  return result;
}

Executor::Instruction Executor::instruction(int index) const {
  const auto i = static_cast<std::size_t>(index);
  const Item& item = program_.items[i];
  Instruction result;
  result.node = index;
  result.run = kernels_[i].run;
  result.params = kernels_[i].params.get();
  result.pieces = kernels_[i].pieces;
  result.piece_elements = kernels_[i].piece_elements;
  result.piece_bytes = piece_bytes(kernels_[i], item);
  result.inputs = static_cast<int>(item.inputs.size());
  for (std::size_t k = 0; k < item.inputs.size(); ++k) result.in[k] = operand(item.inputs[k]);
  result.out = operand(index);
  if (item.operation->is("group_rows") && item.variable.defined())
    for (std::size_t v = 0; v < variables_.size(); ++v)
      if (variables_[v]->variable == item.variable) result.groups = static_cast<int>(v);
  result.sums = item.rows == graph::Rows::kSumsRows;
  result.bytes = item.fixed_bytes();
  result.lane_offset = layout_->lane_offsets[i];
  if (const int root = schedule_.gradient_of[i]; root >= 0)
    for (std::size_t v = 0; v < variables_.size(); ++v)
      if (variables_[v]->variable == program_.items[static_cast<std::size_t>(root)].variable)
        result.gradient = static_cast<int>(v);
  return result;
}

// A gradient may be applied part by part when nobody reads its variable any more once its parts come, and when they can
// be cut so that no rule sees a difference.
void Executor::finish_instruction(Step& step, std::size_t index) {
  constexpr std::int64_t kPart = 4096, kCut = 16;
  Instruction& instruction = step.instructions[index];
  const auto elements = static_cast<std::int64_t>(instruction.bytes / size_of(item_of(instruction).dtype));
  if (instruction.sums)
    for (std::int64_t begin = 0; begin < elements; begin += kPart)
      step.sum_parts.push_back({index, begin, std::min(kPart, elements - begin)});
  const int v = instruction.gradient;
  if (v < 0 || std::find(step.ready.begin(), step.ready.end(), v) == step.ready.end()) return;
  if (item_of(instruction).operation->is("add_rows") && instruction.inputs == 3) {
    const Item& numbers = program_.items[static_cast<std::size_t>(item_of(instruction).inputs[0])];
    instruction.adds = v;
    variables_[static_cast<std::size_t>(v)]->numbers_per_row = numbers.shape.elements_per_row();
    return;
  }
  const bool whole = !step.by_rows && instruction.piece_elements > 0 && instruction.piece_elements % kCut == 0;
  if (!instruction.sums && !whole) return;
  for (int k = 0; !instruction.sums && k < instruction.inputs; ++k)
    if (instruction.in[static_cast<std::size_t>(k)].variable == v) return;
  instruction.hands_over = v;
  variables_[static_cast<std::size_t>(v)]->part_elements = instruction.sums ? kPart : instruction.piece_elements;
}

void Executor::prepare(std::int64_t rows) {
  most_rows_ = std::max<std::int64_t>(rows, 1);
  layout_ = std::make_unique<Layout>(program_, schedule_, kernels_, Blocking(row_bytes_, most_rows_), options_.threads);
  steps_.clear();
  for (std::size_t s = 0; s < schedule_.segments.size(); ++s) {
    const Segment& segment = schedule_.segments[s];
    Step step{segment.by_rows, {}, {}, {}, layout_->blocks[s], layout_->scratch[s]};
    for (int item : segment.items) step.instructions.push_back(instruction(item));
    for (int root : segment.ready)
      step.ready.push_back(variable_position(program_.items[static_cast<std::size_t>(root)].variable));
    for (std::size_t i = 0; i < step.instructions.size(); ++i) finish_instruction(step, i);
    steps_.push_back(std::move(step));
  }
}

void Executor::set_pointers(const std::vector<const void*>& inputs, const StepScalars& scalars) {
  step_ = scalars.step;
  first_row_ = scalars.first_row;
  inverse_rows_ = scalars.inverse_rows;
  inverse_rows_float_ = static_cast<float>(scalars.inverse_rows);
  row_count_ = static_cast<double>(scalars.rows);
  row_count_float_ = static_cast<float>(scalars.rows);
  const auto place = [](const void* p) { return static_cast<std::byte*>(const_cast<void*>(p)); };
  for (std::size_t i = 0; i < program_.items.size(); ++i) {
    const Item& item = program_.items[i];
    if (item.kind == Kind::kInput) {
      if (static_cast<std::size_t>(item.input) >= inputs.size())
        raise("plan: needs {} inputs, received {}", item.input + 1, inputs.size());
      base_[i] = place(inputs[static_cast<std::size_t>(item.input)]);
    }
    if (item.kind == Kind::kVariable) base_[i] = place(item.variable.data());
    if (schedule_.places[i] == Place::kArena) base_[i] = workspace_->arena().at(layout_->offsets[i]);
    if (item.kind == Kind::kStep) base_[i] = place(&step_);
    if (item.kind == Kind::kFirstRow) base_[i] = place(&first_row_);
    if (item.kind == Kind::kInverseRows)
      base_[i] = item.dtype == DType::kFloat64 ? place(&inverse_rows_) : place(&inverse_rows_float_);
    if (item.kind == Kind::kRowCount)
      base_[i] = item.dtype == DType::kFloat64 ? place(&row_count_) : place(&row_count_float_);
    if (schedule_.places[i] == Place::kGradient) {
      const Variable& variable = program_.items[static_cast<std::size_t>(schedule_.gradient_of[i])].variable;
      if (variable.gradient() == nullptr)
        raise<InternalError>("plan: variable '{}' has no place for its gradient: it is in no ParameterSpace",
                             variable.path());
      base_[i] = place(variable.gradient());
    }
  }
  for (auto& state : variables_) {
    state->index = state->variable.index();
    state->in_parts = state->part_elements > 0 && state->index >= 0 && observer_ != nullptr &&
                      observer_->takes_parts(state->index, state->part_elements);
    state->by_rows = choose_rows(*state, scalars.rows);
    state->announced.store(kNot, std::memory_order_relaxed);
  }
}

}  // namespace shoal::plan
