#include "model/plan/executor.h"

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "model/kernels/table.h"
#include "model/plan/packing.h"
#include "model/plan/thread_pool.h"

namespace shoal::plan {
namespace {

void flush_denormals_once() {
  thread_local const bool done = (kernels::flush_denormals(), true);
  static_cast<void>(done);
}

}  // namespace

void Executor::run(const std::vector<const void*>& inputs, const StepScalars& scalars, Observer* observer) {
  if (scalars.rows < 0) raise("plan: rows may not be negative, received {}", scalars.rows);
  flush_denormals_once();
  if (scalars.rows > most_rows_ || layout_ == nullptr) prepare(scalars.rows);
  workspace_->reserve(layout_->bytes);
  observer_ = observer;
  set_pointers(inputs, scalars);
  blocking_ = Blocking(row_bytes_, scalars.rows);
  if (profile_ != nullptr) profile_->begin_run(scalars.rows);
  for (const Step& step : steps_) {
    if (step.by_rows) {
      run_rows(step);
    } else {
      run_whole(step);
    }
    if (observer_ == nullptr) continue;
    for (int v : step.ready) {
      const VariableState& state = *variables_[static_cast<std::size_t>(v)];
      if (state.index >= 0 && !state.in_parts && !state.by_rows) observer_->gradient_ready(state.index);
    }
  }
  write_assigned();
}

// The first thread that needs a variable asks for it; others that need it meanwhile wait for that one.

void Executor::need(const Operand& operand) {
  if (operand.variable < 0 || observer_ == nullptr) return;
  VariableState& state = *variables_[static_cast<std::size_t>(operand.variable)];
  if (state.index < 0 || state.by_rows) return;
  int seen = state.announced.load(std::memory_order_acquire);
  while (seen != kDone) {
    if (seen == kFailed) raise<InternalError>("plan: variable '{}' could not be had", state.variable.path());
    if (seen == kBeing) {
      state.announced.wait(kBeing, std::memory_order_acquire);
      seen = state.announced.load(std::memory_order_acquire);
    } else if (state.announced.compare_exchange_strong(seen, kBeing, std::memory_order_acq_rel)) {
      try {
        observer_->before_forward(state.index);
      } catch (...) {
        state.announced.store(kFailed, std::memory_order_release);
        state.announced.notify_all();
        throw;
      }
      state.announced.store(kDone, std::memory_order_release);
      state.announced.notify_all();
      seen = kDone;
    }
  }
}

void Executor::announce_write(const Instruction& instruction) {
  if (instruction.gradient < 0 || observer_ == nullptr) return;
  const int index = variables_[static_cast<std::size_t>(instruction.gradient)]->index;
  if (index >= 0) observer_->before_gradient_write(index);
}

const Executor::VariableState* Executor::receiver(const Instruction& instruction) const {
  if (instruction.hands_over < 0) return nullptr;
  const VariableState* state = variables_[static_cast<std::size_t>(instruction.hands_over)].get();
  return state->in_parts ? state : nullptr;
}

void Executor::fill(Call& call, const Instruction& instruction, std::int64_t first_row, std::byte* area) {
  const auto pointer = [&](const Operand& operand) {
    return operand.block ? area + operand.offset
                         : base_[static_cast<std::size_t>(operand.item)] +
                               operand.row_bytes * static_cast<std::size_t>(first_row);
  };
  for (std::size_t k = 0; k < static_cast<std::size_t>(instruction.inputs); ++k) {
    need(instruction.in[k]);
    call.in[k] = pointer(instruction.in[k]);
  }
  call.out = pointer(instruction.out);
  call.first_row = first_row;
}

void Executor::call_kernel(const Instruction& instruction, const Call& call, std::size_t task) {
  if (profile_ == nullptr) {
    instruction.run(instruction.params, call);
    return;
  }
  const auto begin = Profile::Clock::now();
  instruction.run(instruction.params, call);
  profile_->record(instruction.node, static_cast<int>(task), begin, Profile::Clock::now());
}

void Executor::run_rows(const Step& step) {
  if (blocking_.lanes > 0) {
    const std::int64_t tasks = std::min<std::int64_t>(options_.threads, blocking_.lanes);
    next_.store(0, std::memory_order_relaxed);
    const auto task = [&](std::size_t i, int) {
      for (std::int64_t lane; (lane = next_.fetch_add(1, std::memory_order_relaxed)) < blocking_.lanes;)
        run_lane(step, lane, i);
    };
    if (tasks == 1) {
      task(0, 0);
    } else {
      ThreadPool::global().run(static_cast<std::size_t>(tasks), task);
    }
  }
  finish_sums(step);
}

void Executor::run_lane(const Step& step, std::int64_t lane, std::size_t task) {
  std::byte* area = workspace_->arena().at(step.blocks.offset + task * step.blocks.stride);
  Call call;
  call.scratch = workspace_->arena().at(step.scratch.offset + task * step.scratch.stride);
  const std::int64_t begin = blocking_.first_block(lane), end = blocking_.first_block(lane + 1);
  for (std::int64_t block = begin; block < end; ++block) {
    const std::int64_t first_row = block * blocking_.block;
    call.rows = std::min(blocking_.block, blocking_.rows - first_row);
    for (const Instruction& instruction : step.instructions) {
      fill(call, instruction, first_row, area);
      if (instruction.sums) {
        if (lane > 0) {
          call.out = workspace_->arena().at(instruction.lane_offset +
                                            static_cast<std::size_t>(lane - 1) * round_up(instruction.bytes));
        } else if (block == begin) {
          announce_write(instruction);
        }
        if (block == begin) std::memset(call.out, 0, instruction.bytes);
      }
      call_kernel(instruction, call, task);
    }
  }
}

void Executor::run_whole(const Step& step) {
  const Instruction& instruction = step.instructions[0];
  if (run_by_rows(step)) return;
  Call call;
  fill(call, instruction, 0, nullptr);
  call.rows = blocking_.rows;
  announce_write(instruction);
  const std::int64_t tasks =
      std::min({static_cast<std::int64_t>(options_.threads), instruction.pieces, Blocking::kLanes});
  next_.store(0, std::memory_order_relaxed);
  const VariableState* applies = receiver(instruction);
  const auto total = static_cast<std::int64_t>(instruction.bytes / size_of(item_of(instruction).dtype));
  const auto task = [&](std::size_t i, int) {
    Call mine = call;
    std::byte* scratch = workspace_->arena().at(step.scratch.offset + i * step.scratch.stride);
    mine.scratch = scratch + instruction.piece_bytes;
    while ((mine.piece = next_.fetch_add(1, std::memory_order_relaxed)) < instruction.pieces) {
      const std::int64_t begin = mine.piece * instruction.piece_elements;
      if (applies != nullptr) {
        void* place = observer_->part_place(applies->index, begin);
        mine.piece_out = place != nullptr ? static_cast<std::byte*>(place) : scratch;
      }
      call_kernel(instruction, mine, i);
      if (applies == nullptr) continue;
      observer_->gradient_part(applies->index, begin, std::min(instruction.piece_elements, total - begin),
                               mine.piece_out);
    }
  };
  if (tasks == 1) {
    task(0, 0);
  } else {
    ThreadPool::global().run(static_cast<std::size_t>(tasks), task);
  }
}

void Executor::write_assigned() {
  for (int root : schedule_.assigns) {
    const Item& item = program_.items[static_cast<std::size_t>(root)];
    const int source = program_.storage(item.inputs[0]);
    std::memcpy(item.variable.data(), base_[static_cast<std::size_t>(source)], item.fixed_bytes());
  }
}

}  // namespace shoal::plan
