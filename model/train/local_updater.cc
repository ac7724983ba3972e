#include "model/train/local_updater.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include "common/base/error.h"
#include "common/optim/norms.h"
#include "model/plan/thread_pool.h"
#include "model/train/table_rows.h"

namespace shoal::train {
namespace {

constexpr int kMaxSlots = 8;
constexpr std::size_t kChunk = 16384;  // elements that one thread takes at a time: a multiple of 16

class LocalUpdater : public ParameterUpdater {
 public:
  LocalUpdater(const ParameterSpace& space, const nlohmann::json& config)
      : space_(space), rule_(optim::make_rule(config)) {
    waiting_.resize(space.entries().size());
    tables_.resize(space.entries().size());
    written_.resize(space.entries().size());
    for (const auto& entry : space.entries())
      squares_.reserve(std::max(squares_.capacity(), (entry.size + optim::kNormBlock - 1) / optim::kNormBlock));
    // What comes by parts or by rows is never written there.
    if (!rule_->common().clipnorm && !rule_->common().global_clipnorm) take_small_pages(space.gradients());
    if (rule_->slots() > kMaxSlots) raise<InternalError>("rule {} has {} slots", rule_->name(), rule_->slots());
    for (int slot = 0; slot < rule_->slots(); ++slot) {
      slots_.push_back(heap_arena(space.elements() * size_of(space.dtype())));
      if (const double initial = rule_->slot_initial(slot); initial != 0) fill(slots_.back(), initial);
    }
  }

  void begin_step(const optim::Step& step) override { step_ = step; }
  void before_forward(int variable) override { settle(variable); }
  void before_gradient_write(int) override {}

  // A limit for all gradients together needs all of them: then nothing is applied before step_done.
  void gradient_ready(int variable) override {
    if (rule_->common().global_clipnorm)
      waiting_[static_cast<std::size_t>(variable)] = kWhole;
    else
      apply(variable);
  }

  void step_done() override {
    const auto limit = rule_->common().global_clipnorm;
    if (!limit) return;
    double squares = 0;
    for (std::size_t i = 0; i < waiting_.size(); ++i)
      if (waiting_[i] != kNone)
        squares += waiting_[i] == kRows ? tables_[i]->squares(tables_[i]->kept()) : sum_of_squares(static_cast<int>(i));
    step_.gradient_scale = optim::global_clip_scale(std::sqrt(squares), *limit);
    for (std::size_t i = 0; i < waiting_.size(); ++i)
      if (waiting_[i] == kRows)
        apply_rows(static_cast<int>(i), tables_[i]->kept());
      else if (waiting_[i] == kWhole)
        apply(static_cast<int>(i));
    std::ranges::fill(waiting_, kNone);
  }

  // A limit on a gradient's length needs all of it, and a constraint all of the new values.
  bool takes_parts(int variable, std::int64_t) override {
    if (rule_->common().clipnorm || rule_->common().global_clipnorm || table(variable)) return false;
    if (variable_of(variable).constrained()) return false;
    written_[static_cast<std::size_t>(variable)] = 1;
    return true;
  }
  void gradient_part(int variable, std::int64_t begin, std::int64_t count, const void* values) override {
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    const auto first = static_cast<std::size_t>(begin), size = static_cast<std::size_t>(count);
    if (space_.dtype() == DType::kFloat64)
      apply_span(entry, first, size, static_cast<const double*>(values));
    else
      apply_span(entry, first, size, static_cast<const float*>(values));
  }

  bool takes_rows(int variable) override {
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    if (table(variable)) return true;
    if (entry.variable.constrained()) return false;
    const auto rows = static_cast<std::size_t>(entry.variable.shape()[0]);
    TablePlace where{.rows = rows,
                     .width = entry.size / rows,
                     .weights = place(space_.weights(), entry),
                     .fresh = written_[static_cast<std::size_t>(variable)] == 0};
    for (const Arena& slot : slots_) where.slots.push_back(place(slot, entry));
    table(variable) = make_table_rows(*rule_, space_.dtype(), where);
    return true;
  }

  void before_rows(int variable, std::span<const std::int64_t> rows) override { table(variable)->bring_up(rows); }

  void gradient_rows(int variable, const RowGradient& gradient) override {
    if (rule_->common().global_clipnorm) {
      table(variable)->keep(gradient);
      waiting_[static_cast<std::size_t>(variable)] = kRows;
    } else {
      if (const auto limit = rule_->common().clipnorm)
        step_.gradient_scale = optim::clip_scale(std::sqrt(table(variable)->squares(gradient)), *limit);
      apply_rows(variable, gradient);
    }
  }

  void all_current() override {
    for (std::size_t i = 0; i < tables_.size(); ++i) settle(static_cast<int>(i));
  }
  void publish_weights() override {}

  void read_slot(int variable, int slot, void* out) override {
    const auto& entry = entry_of(variable, slot);
    std::memcpy(out, place(slots_[static_cast<std::size_t>(slot)], entry), entry.size * size_of(space_.dtype()));
  }

  void write_slot(int variable, int slot, const void* values) override {
    const auto& entry = entry_of(variable, slot);
    changed(variable);
    std::memcpy(place(slots_[static_cast<std::size_t>(slot)], entry), values, entry.size * size_of(space_.dtype()));
  }

 private:
  enum Waiting : char { kNone, kWhole, kRows };

  const ParameterSpace::Entry& entry_of(int variable, int slot) const {
    if (variable < 0 || static_cast<std::size_t>(variable) >= space_.entries().size() || slot < 0 ||
        slot >= rule_->slots())
      raise<InternalError>("optimizer state: there is no slot {} of variable {}", slot, variable);
    return space_.entries()[static_cast<std::size_t>(variable)];
  }

  std::unique_ptr<TableRows>& table(int variable) { return tables_[static_cast<std::size_t>(variable)]; }
  void settle(int variable) {
    if (table(variable)) table(variable)->settle();
  }
  // Its slots are about to be written by others than its table.
  void changed(int variable) {
    written_[static_cast<std::size_t>(variable)] = 1;
    if (!table(variable)) return;
    table(variable)->settle();
    table(variable)->changed();
  }
  Variable variable_of(int variable) const { return space_.entries()[static_cast<std::size_t>(variable)].variable; }

  void* place(const Arena& arena, const ParameterSpace::Entry& entry) const {
    return arena.at(entry.offset * size_of(space_.dtype()));
  }

  void fill(const Arena& arena, double value) const {
    visit_dtype(space_.dtype(), [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      std::fill_n(reinterpret_cast<T*>(arena.memory.get()), space_.elements(), static_cast<T>(value));
    });
  }

  // Elements [begin, begin + count) of one variable.
  template <class T>
  void apply_span(const ParameterSpace::Entry& entry, std::size_t begin, std::size_t count, const T* gradients) const {
    std::array<T*, kMaxSlots> slots{};
    for (std::size_t i = 0; i < slots_.size(); ++i) slots[i] = static_cast<T*>(place(slots_[i], entry)) + begin;
    rule_->apply(step_, count, static_cast<T*>(place(space_.weights(), entry)) + begin, gradients, slots.data());
  }

  void apply_rows(int variable, const RowGradient& gradient) {
    if (std::isfinite(step_.gradient_scale)) return table(variable)->apply(step_, gradient);
    // Zero times what is not a number is not zero: every row changes.
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    table(variable)->write_dense(gradient, place(space_.gradients(), entry));
    apply(variable);
  }

  void apply(int variable) {
    changed(variable);
    if (const auto limit = rule_->common().clipnorm)
      step_.gradient_scale = optim::clip_scale(std::sqrt(sum_of_squares(variable)), *limit);
    if (space_.dtype() == DType::kFloat64)
      apply<double>(variable);
    else
      apply<float>(variable);
    variable_of(variable).constrain();
  }

  // Of the variable's gradient: blocks on the threads, added in order.
  double sum_of_squares(int variable) {
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    const void* gradients = place(space_.gradients(), entry);
    squares_.resize((entry.size + optim::kNormBlock - 1) / optim::kNormBlock);
    const auto block = [&](std::size_t number, int) {
      const std::size_t begin = number * optim::kNormBlock, count = std::min(optim::kNormBlock, entry.size - begin);
      squares_[number] = space_.dtype() == DType::kFloat64
                             ? optim::sum_of_squares(count, static_cast<const double*>(gradients) + begin)
                             : optim::sum_of_squares(count, static_cast<const float*>(gradients) + begin);
    };
    if (squares_.size() == 1)
      block(0, 0);
    else
      plan::ThreadPool::global().run(squares_.size(), block);
    return std::accumulate(squares_.begin(), squares_.end(), 0.0);
  }

  template <class T>
  void apply(int variable) {
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    const T* gradients = static_cast<const T*>(place(space_.gradients(), entry));
    auto task = [&](std::size_t chunk, int) {
      const std::size_t begin = chunk * kChunk;
      apply_span(entry, begin, std::min(kChunk, entry.size - begin), gradients + begin);
    };
    const std::size_t chunks = (entry.size + kChunk - 1) / kChunk;
    if (chunks == 1)
      task(0, 0);
    else
      plan::ThreadPool::global().run(chunks, task);
  }

  const ParameterSpace& space_;
  std::unique_ptr<optim::Rule> rule_;
  std::vector<Arena> slots_;
  optim::Step step_;
  std::vector<std::unique_ptr<TableRows>> tables_;  // by variable; null until its gradient comes by rows
  std::vector<char> written_;                       // of each variable: its slots are not all as at the start
  std::vector<Waiting> waiting_;                    // of each variable: what waits for step_done
  std::vector<double> squares_;                     // of the blocks of one variable
};

}  // namespace

std::unique_ptr<ParameterUpdater> make_local_updater(const ParameterSpace& space, const nlohmann::json& rule) {
  return std::make_unique<LocalUpdater>(space, rule);
}

}  // namespace shoal::train
