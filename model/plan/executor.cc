#include "model/plan/executor.h"

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "model/kernels/table.h"
#include "model/plan/packing.h"
#include "model/plan/thread_pool.h"

namespace shoal::plan {
namespace {

template <class T>
void add_to(void* sum, const void* term, std::size_t bytes) {
  T* to = static_cast<T*>(sum);
  const T* from = static_cast<const T*>(term);
  for (std::size_t i = 0; i < bytes / sizeof(T); ++i) to[i] = static_cast<T>(to[i] + from[i]);
}

void add_lane(DType dtype, void* sum, const void* term, std::size_t bytes) {
  visit_dtype(dtype, [&](auto* type) { add_to<std::remove_pointer_t<decltype(type)>>(sum, term, bytes); });
}

void flush_denormals_once() {
  thread_local const bool done = (kernels::flush_denormals(), true);
  static_cast<void>(done);
}

}  // namespace

void Executor::run(const std::vector<const void*>& inputs, const StepScalars& scalars, Observer* observer) {
  if (scalars.rows < 0) raise("plan: rows may not be negative, received {}", scalars.rows);
  flush_denormals_once();
  if (scalars.rows > most_rows_ || layout_ == nullptr) prepare(scalars.rows);
  set_pointers(inputs, scalars);
  blocking_ = Blocking(row_bytes_, scalars.rows);
  observer_ = observer;
  for (const Step& step : steps_) {
    if (step.by_rows) {
      run_rows(step);
    } else {
      run_whole(step);
    }
    if (observer_ == nullptr) continue;
    for (int v : step.ready)
      if (const int index = variables_[static_cast<std::size_t>(v)]->index; index >= 0)
        observer_->gradient_ready(index);
  }
  write_assigned();
}

// The first thread that needs a variable asks for it; others that need it meanwhile wait for that one.

void Executor::need(const Operand& operand) {
  if (operand.variable < 0 || observer_ == nullptr) return;
  VariableState& state = *variables_[static_cast<std::size_t>(operand.variable)];
  if (state.index < 0) return;
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
  std::byte* area = arena_.at(step.blocks.offset + task * step.blocks.stride);
  Call call;
  call.scratch = arena_.at(step.scratch.offset + task * step.scratch.stride);
  const std::int64_t begin = blocking_.first_block(lane), end = blocking_.first_block(lane + 1);
  for (std::int64_t block = begin; block < end; ++block) {
    const std::int64_t first_row = block * blocking_.block;
    call.rows = std::min(blocking_.block, blocking_.rows - first_row);
    for (const Instruction& instruction : step.instructions) {
      fill(call, instruction, first_row, area);
      if (instruction.sums) {
        if (lane > 0) {
          call.out =
              arena_.at(instruction.lane_offset + static_cast<std::size_t>(lane - 1) * round_up(instruction.bytes));
        } else if (block == begin) {
          announce_write(instruction);
        }
        if (block == begin) std::memset(call.out, 0, instruction.bytes);
      }
      instruction.run(instruction.params, call);
    }
  }
}

void Executor::finish_sums(const Step& step) {
  for (const Instruction& instruction : step.instructions) {
    if (!instruction.sums) continue;
    std::byte* sum = base_[static_cast<std::size_t>(instruction.out.item)];
    if (blocking_.lanes == 0) {
      announce_write(instruction);
      std::memset(sum, 0, instruction.bytes);
    }
    const DType dtype = program_.items[static_cast<std::size_t>(instruction.out.item)].dtype;
    for (std::int64_t lane = 1; lane < blocking_.lanes; ++lane)
      add_lane(dtype, sum,
               arena_.at(instruction.lane_offset + static_cast<std::size_t>(lane - 1) * round_up(instruction.bytes)),
               instruction.bytes);
  }
}

void Executor::run_whole(const Step& step) {
  const Instruction& instruction = step.instructions[0];
  Call call;
  fill(call, instruction, 0, nullptr);
  call.rows = blocking_.rows;
  announce_write(instruction);
  const std::int64_t tasks =
      std::min({static_cast<std::int64_t>(options_.threads), instruction.pieces, Blocking::kLanes});
  next_.store(0, std::memory_order_relaxed);
  const auto task = [&](std::size_t i, int) {
    Call mine = call;
    mine.scratch = arena_.at(step.scratch.offset + i * step.scratch.stride);
    while ((mine.piece = next_.fetch_add(1, std::memory_order_relaxed)) < instruction.pieces)
      instruction.run(instruction.params, mine);
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
