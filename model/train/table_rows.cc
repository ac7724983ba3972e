#include "model/train/table_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "common/optim/norms.h"
#include "common/optim/row_rule.h"
#include "model/plan/thread_pool.h"

namespace shoal::train {
namespace {

constexpr std::size_t kMostSteps = 1024;  // that a row may be behind: then all rows are brought up
constexpr std::size_t kChunk = 64;        // rows that one thread takes at a time
constexpr std::size_t kAhead = 16;        // rows that are fetched from memory before it is their turn
constexpr std::size_t kMostSlots = 8;

template <class T>
class TableRowsOf final : public TableRows {
 public:
  TableRowsOf(const optim::Rule& rule, const TablePlace& place)
      : rest_(rule.rest()),
        rule_(optim::make_row_rule<T>(rule, kMostSteps)),
        rows_(place.rows),
        width_(place.width),
        weights_(static_cast<T*>(place.weights)),
        known_(place.fresh || rest_ != Rest::kWhileFresh) {
    for (std::size_t i = 0; i < place.slots.size(); ++i) {
      slots_.push_back(static_cast<T*>(place.slots[i]));
      initial_.push_back(static_cast<T>(rule.slot_initial(static_cast<int>(i))));
    }
    if (rest_ != Rest::kAlways) had_.assign(rows_, rest_ == Rest::kWhileFresh && place.fresh ? kFresh : 0);
  }

  void bring_up(std::span<const std::int64_t> rows) override {
    if (rest_ == Rest::kAlways) return;
    find_fresh();
    if (rule_->remembered() == 0) return;
    const auto now = static_cast<Count>(rule_->remembered());
    in_chunks(rows.size(), kChunk, [&](std::size_t begin, std::size_t end, int) {
      const auto fetch_row = [&](std::size_t i) __attribute__((always_inline)) {
        const auto row = static_cast<std::size_t>(rows[i]);
        fetch(row, had_[row] != kFresh);
      };
      for (std::size_t i = begin; i < std::min(begin + kAhead, end); ++i) fetch_row(i);
      for (std::size_t i = begin; i < end; ++i) {
        if (i + kAhead < end) fetch_row(i + kAhead);
        bring_up(static_cast<std::size_t>(rows[i]), now);
      }
    });
  }

  void apply(const optim::Step& step, const RowGradient& gradient) override {
    if (rest_ == Rest::kAlways)
      rule_->forget();
    else if (rule_->remembered() == kMostSteps)
      settle();
    rule_->remember(step);
    const auto now = static_cast<Count>(rule_->remembered());
    make_room();
    in_chunks(gradient.rows.size(), kChunk, [&](std::size_t begin, std::size_t end, int worker) {
      T* values = sums_.data() + static_cast<std::size_t>(worker) * kChunk * width_;
      for (std::size_t i = begin; i < std::min(begin + kAhead, end); ++i)
        fetch(static_cast<std::size_t>(gradient.rows[i]), true);
      gradient.write(begin, end, values);
      for (std::size_t i = begin; i < end; ++i, values += width_) {
        if (i + kAhead < end) fetch(static_cast<std::size_t>(gradient.rows[i + kAhead]), true);
        const auto row = static_cast<std::size_t>(gradient.rows[i]);
        rule_->apply(width_, weights_ + row * width_, values, slots_of(row).data());
        if (rest_ != Rest::kAlways) had_[row] = now;
      }
    });
  }

  void settle() override {
    if (rest_ == Rest::kAlways || rule_->remembered() == 0) return;
    const auto now = static_cast<Count>(rule_->remembered());
    in_chunks(rows_, 8 * kChunk, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t row = begin; row < end; ++row) {
        if (row + kAhead < end && had_[row + kAhead] != kFresh) fetch(row + kAhead, true);
        if (had_[row] == kFresh) continue;
        bring_up(row, now);
        had_[row] = 0;
      }
    });
    rule_->forget();
  }

  void changed() override { known_ = rest_ != Rest::kWhileFresh; }

  double squares(const RowGradient& gradient) override {
    optim::SquaresInPieces sum;
    make_room();
    for (std::size_t begin = 0; begin < gradient.rows.size(); begin += kChunk) {
      const std::size_t end = std::min(begin + kChunk, gradient.rows.size());
      gradient.write(begin, end, sums_.data());
      for (std::size_t i = begin; i < end; ++i)
        sum.add(static_cast<std::size_t>(gradient.rows[i]) * width_, width_, sums_.data() + (i - begin) * width_);
    }
    return sum.sum();
  }

  const RowGradient& keep(const RowGradient& gradient) override {
    kept_rows_.assign(gradient.rows.begin(), gradient.rows.end());
    kept_values_.resize(std::max(kept_values_.size(), kept_rows_.size() * width_));
    in_chunks(kept_rows_.size(), kChunk, [&](std::size_t begin, std::size_t end, int) {
      gradient.write(begin, end, kept_values_.data() + begin * width_);
    });
    kept_ = {kept_rows_, write_kept, this};
    return kept_;
  }
  const RowGradient& kept() const override { return kept_; }

  void write_dense(const RowGradient& gradient, void* out) const override {
    T* values = static_cast<T*>(out);
    std::fill_n(values, rows_ * width_, T(0));
    for (std::size_t i = 0; i < gradient.rows.size(); ++i)
      gradient.write(i, i + 1, values + static_cast<std::size_t>(gradient.rows[i]) * width_);
  }

 private:
  using Rest = optim::Rule::Rest;
  using Count = std::uint16_t;
  static constexpr Count kFresh = std::numeric_limits<Count>::max();  // its slots have their first values
  static_assert(kMostSteps < kFresh);

  template <class Work>
  static void in_chunks(std::size_t count, std::size_t chunk, Work&& work) {
    const auto task = [&](std::size_t number, int worker) {
      work(number * chunk, std::min(count, (number + 1) * chunk), worker);
    };
    const std::size_t chunks = (count + chunk - 1) / chunk;
    if (chunks == 1)
      task(0, 0);
    else
      plan::ThreadPool::global().run(chunks, task);
  }

  std::array<T*, kMostSlots> slots_of(std::size_t row) const {
    std::array<T*, kMostSlots> result{};
    for (std::size_t i = 0; i < slots_.size(); ++i) result[i] = slots_[i] + row * width_;
    return result;
  }

  static void write_kept(const void* table, std::size_t begin, std::size_t end, void* out) {
    const auto& self = *static_cast<const TableRowsOf*>(table);
    std::copy_n(self.kept_values_.data() + begin * self.width_, (end - begin) * self.width_, static_cast<T*>(out));
  }

  void bring_up(std::size_t row, Count now) {
    if (had_[row] == kFresh || had_[row] == now) return;
    rule_->catch_up(had_[row], width_, weights_ + row * width_, slots_of(row).data());
    had_[row] = now;
  }

  // Inlined always: a compiler takes a function that only fetches for one that does nothing, and drops its calls.
  [[gnu::always_inline]] void fetch(const T* values) const {
    const char* bytes = reinterpret_cast<const char*>(values);
    for (std::size_t at = 0; at < width_ * sizeof(T); at += 64) __builtin_prefetch(bytes + at, 1);
  }
  [[gnu::always_inline]] void fetch(std::size_t row, bool with_slots) const {
    fetch(weights_ + row * width_);
    if (!with_slots) return;
    for (const T* slot : slots_) fetch(slot + row * width_);
  }

  void make_room() {
    sums_.resize(
        std::max(sums_.size(), static_cast<std::size_t>(plan::ThreadPool::global().threads()) * kChunk * width_));
  }

  void find_fresh() {
    if (known_) return;
    known_ = true;
    in_chunks(rows_, 8 * kChunk, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t row = begin; row < end; ++row) had_[row] = is_fresh(row) ? kFresh : Count(0);
    });
  }
  bool is_fresh(std::size_t row) const {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      for (const T *value = slots_[i] + row * width_, *end = value + width_; value != end; ++value)
        if (std::memcmp(value, &initial_[i], sizeof(T)) != 0) return false;
    return true;
  }

  const Rest rest_;
  std::unique_ptr<optim::RowRule<T>> rule_;
  const std::size_t rows_, width_;
  T* const weights_;
  std::vector<T*> slots_;
  std::vector<T> initial_;  // of the slots
  std::vector<Count> had_;  // by row: of the remembered steps
  bool known_;              // had_ says which rows are fresh
  std::vector<std::int64_t> kept_rows_;
  std::vector<T> kept_values_;
  RowGradient kept_;
  std::vector<T> sums_;  // of a chunk's gradients, for each thread
};

}  // namespace

std::unique_ptr<TableRows> make_table_rows(const optim::Rule& rule, DType dtype, const TablePlace& place) {
  if (dtype == DType::kFloat64) return std::make_unique<TableRowsOf<double>>(rule, place);
  return std::make_unique<TableRowsOf<float>>(rule, place);
}

}  // namespace shoal::train
