#include <algorithm>
#include <cstring>

#include "model/kernels/table.h"
#include "model/plan/executor.h"
#include "model/plan/packing.h"
#include "model/plan/thread_pool.h"

// Sums over rows: what the lanes added up becomes one, part by part on all threads, and a part that is a gradient goes
// to its rule at once.
namespace shoal::plan {
namespace {

template <class T>
void add_to(T* sum, const T* term, std::int64_t count) {
  if constexpr (std::is_same_v<T, float>) {
    kernels::table<T>().bias_activation(1, count, sum, term, kernels::Activation::kLinear, sum);
  } else {
    for (std::int64_t i = 0; i < count; ++i) sum[i] = static_cast<T>(sum[i] + term[i]);
  }
}

// Fewer elements are not worth waking a thread for.
constexpr std::int64_t kWorthAThread = 16 * 1024;

}  // namespace

void Executor::finish_sum(const Step& step, const SumPart& part) {
  const Instruction& instruction = step.instructions[part.instruction];
  const DType dtype = item_of(instruction).dtype;
  const std::size_t from = static_cast<std::size_t>(part.begin) * size_of(dtype);
  std::byte* sum = base_[static_cast<std::size_t>(instruction.out.item)] + from;
  if (blocking_.lanes == 0) std::memset(sum, 0, static_cast<std::size_t>(part.count) * size_of(dtype));
  visit_dtype(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for (std::int64_t lane = 1; lane < blocking_.lanes; ++lane) {
      const std::byte* term = workspace_->arena().at(
          instruction.lane_offset + static_cast<std::size_t>(lane - 1) * round_up(instruction.bytes) + from);
      add_to(reinterpret_cast<T*>(sum), reinterpret_cast<const T*>(term), part.count);
    }
  });
  if (const VariableState* applies = receiver(instruction))
    observer_->gradient_part(applies->index, part.begin, part.count, sum);
}

void Executor::finish_sums(const Step& step) {
  std::int64_t elements = 0;
  for (const SumPart& part : step.sum_parts) elements += part.count;
  if (blocking_.lanes == 0)
    for (const Instruction& instruction : step.instructions)
      if (instruction.sums) announce_write(instruction);
  const auto parts = static_cast<std::int64_t>(step.sum_parts.size());
  next_.store(0, std::memory_order_relaxed);
  const auto task = [&](std::size_t, int) {
    for (std::int64_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < parts;)
      finish_sum(step, step.sum_parts[static_cast<std::size_t>(i)]);
  };
  const std::int64_t tasks = elements < kWorthAThread ? 1 : std::min<std::int64_t>(options_.threads, parts);
  if (tasks <= 1) {
    task(0, 0);
  } else {
    ThreadPool::global().run(static_cast<std::size_t>(tasks), task);
  }
}

}  // namespace shoal::plan
