#include "common/optim/tile_board.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "common/base/denormals.h"
#include "common/base/error.h"
#include "common/base/futex.h"

namespace shoal::optim {
namespace {

constexpr std::size_t kPage = 4096, kLine = 64;
constexpr std::size_t kTileBytes =
    64 << 10;  // of gradient: the sum stays in the core's own cache until the rule has it
constexpr int kMaxSlots = 8;

std::size_t whole(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

using Count = std::atomic<std::int64_t>;
static_assert(Count::is_always_lock_free && sizeof(Count) == 8);

std::size_t line_of_counts(std::uint32_t workers) { return whole(workers * sizeof(Count), kLine); }

}  // namespace

struct TileBoard::Words {
  alignas(kLine) std::atomic<std::uint32_t> bell;  // changes whenever somebody may have been waiting for it
  alignas(kLine) std::atomic<std::uint32_t> sleepers;
};

struct alignas(kLine) TileBoard::VariableWords {
  Count claimed;  // tiles taken since the start; a round has tiles(variable)
  Count done;
  Step step;  // of the round that is open: written by worker 0 before it announces
};

std::size_t TileLayout::part_bytes() const { return whole(elements * element_bytes, kPage); }
std::size_t TileLayout::words_bytes() const {
  return whole(2 * kLine + variables.size() * (kLine + line_of_counts(workers)), kPage);
}
std::size_t TileLayout::weights() const { return words_bytes() * (halves ? 2 : 1); }
std::size_t TileLayout::gradients(std::uint32_t worker) const { return weights() + (1 + worker) * part_bytes(); }
std::size_t TileLayout::slot(int slot) const { return gradients(workers + static_cast<std::uint32_t>(slot)); }
std::size_t TileLayout::bytes() const { return slot(slots); }
std::size_t TileLayout::tiles(std::size_t variable) const {
  return (variables[variable].size * element_bytes + kTileBytes - 1) / kTileBytes;
}

void TileBoard::create(std::byte* memory, const TileLayout& layout, const Rule& rule) {
  for (int slot = 0; slot < layout.slots; ++slot) {
    const double initial = rule.slot_initial(slot);
    if (initial == 0) continue;
    std::byte* at = memory + layout.slot(slot);
    if (layout.element_bytes == sizeof(float))
      std::fill_n(reinterpret_cast<float*>(at), layout.elements, static_cast<float>(initial));
    else
      std::fill_n(reinterpret_cast<double*>(at), layout.elements, initial);
  }
}

TileBoard::TileBoard(std::byte* memory, TileLayout layout, std::shared_ptr<const Rule> rule, Work work)
    : memory_(memory),
      words_(memory + (work == Work::rule ? layout.words_bytes() : 0)),
      layout_(std::move(layout)),
      rule_(std::move(rule)),
      work_(work) {
  static_assert(sizeof(Words) == 2 * kLine && sizeof(VariableWords) == kLine);
  if (layout_.halves != (work_ != Work::whole)) raise<InternalError>("tile board: the layout is for other work");
  if (const int slots = rule_ ? rule_->slots() : 0; slots != layout_.slots || slots > kMaxSlots)
    raise<InternalError>("tile board: rule {} has {} slots, the layout {}", rule_ ? rule_->name() : "none", slots,
                         layout_.slots);
  for (std::size_t v = 0; v < layout_.variables.size(); ++v) tiles_.push_back(layout_.tiles(v));
}

TileBoard::~TileBoard() = default;

TileBoard::VariableWords& TileBoard::words_of(std::size_t variable) const {
  const std::size_t stride = kLine + line_of_counts(layout_.workers);
  return *reinterpret_cast<VariableWords*>(words_ + sizeof(Words) + variable * stride);
}

std::int64_t TileBoard::announced(std::size_t variable) const {
  const auto* counts = reinterpret_cast<const Count*>(&words_of(variable) + 1);
  std::int64_t least = counts[0].load(std::memory_order_acquire);
  for (std::uint32_t worker = 1; worker < layout_.workers; ++worker)
    least = std::min(least, counts[worker].load(std::memory_order_acquire));
  return least;
}

bool TileBoard::announce(std::uint32_t worker, std::size_t variable, const Step& step) {
  VariableWords& words = words_of(variable);
  if (worker == 0) words.step = step;
  auto* counts = reinterpret_cast<Count*>(&words + 1);
  const std::int64_t mine = counts[worker].fetch_add(1, std::memory_order_acq_rel) + 1;
  if (announced(variable) < mine) return false;
  wake();
  return true;
}

bool TileBoard::current(std::size_t variable, std::int64_t rounds) const {
  return words_of(variable).done.load(std::memory_order_acquire) >=
         rounds * static_cast<std::int64_t>(tiles_[variable]);
}

bool TileBoard::help(std::size_t first) {
  if (first < tiles_.size() && help_with(first)) return true;
  for (std::size_t v = 0; v < tiles_.size(); ++v)
    if (help_with(v)) return true;
  return false;
}

bool TileBoard::help_with(std::size_t variable) {
  if (tiles_[variable] == 0) return false;
  const auto tiles = static_cast<std::int64_t>(tiles_[variable]);
  VariableWords& words = words_of(variable);
  std::int64_t claimed = words.claimed.load(std::memory_order_relaxed);
  do {
    if (announced(variable) <= claimed / tiles) return false;
  } while (!words.claimed.compare_exchange_weak(claimed, claimed + 1, std::memory_order_acq_rel));
  // Until this tile is done nobody announces the next round, so the words stay as they are.
  const FlushDenormals as_in_training;
  const auto tile = static_cast<std::size_t>(claimed % tiles);
  if (layout_.element_bytes == sizeof(float))
    apply_tile<float>(variable, tile, words.step);
  else
    apply_tile<double>(variable, tile, words.step);
  if ((words.done.fetch_add(1, std::memory_order_acq_rel) + 1) % tiles == 0) wake();
  return true;
}

template <class T>
void TileBoard::apply_tile(std::size_t variable, std::size_t tile, const Step& step) {
  constexpr std::size_t kElements = kTileBytes / sizeof(T);
  const auto& place = layout_.variables[variable];
  const std::size_t begin = place.offset + tile * kElements;
  const std::size_t n = std::min(kElements, place.size - tile * kElements);
  const auto gradient = [&](std::size_t worker) {
    return reinterpret_cast<T*>(memory_ + layout_.gradients(static_cast<std::uint32_t>(worker))) + begin;
  };
  if (work_ == Work::sum) {
    for (std::uint32_t worker = 1; worker < layout_.workers; ++worker) add(n, gradient(worker), gradient(0));
    return;
  }
  apply_sum<T>(begin, n, work_ == Work::whole ? layout_.workers : 1, gradient, step);
}

// `begin` counts from the start of the arena; `count` is at most a tile.
template <class T, class Term>
void TileBoard::apply_sum(std::size_t begin, std::size_t count, std::size_t terms, Term term, const Step& step) {
  constexpr std::size_t kElements = kTileBytes / sizeof(T);
  alignas(kLine) thread_local std::array<T, kElements> sum;
  const auto part = [&](std::size_t offset) { return reinterpret_cast<T*>(memory_ + offset) + begin; };
  const T* gradient = term(0);
  if (terms > 1 || !rule_) {
    T* const into = rule_ ? sum.data() : part(layout_.weights());
    std::copy_n(gradient, count, into);
    for (std::size_t i = 1; i < terms; ++i) add(count, term(i), into);
    gradient = into;
  }
  if (!rule_) return;
  std::array<T*, kMaxSlots> slots{};
  for (int slot = 0; slot < layout_.slots; ++slot) slots[static_cast<std::size_t>(slot)] = part(layout_.slot(slot));
  rule_->apply(step, count, part(layout_.weights()), gradient, slots.data());
}

void TileBoard::apply(std::size_t variable, std::size_t begin, std::size_t count,
                      std::span<const std::byte* const> terms, const Step& step) {
  const FlushDenormals as_in_training;
  const auto with = [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    constexpr std::size_t kElements = kTileBytes / sizeof(T);
    for (std::size_t at = 0; at < count; at += kElements)
      apply_sum<T>(
          layout_.variables[variable].offset + begin + at, std::min(kElements, count - at), terms.size(),
          [&](std::size_t i) { return reinterpret_cast<const T*>(terms[i]) + at; }, step);
  };
  if (layout_.element_bytes == sizeof(float))
    with(static_cast<float*>(nullptr));
  else
    with(static_cast<double*>(nullptr));
}

std::uint32_t TileBoard::seen() const {
  return reinterpret_cast<const Words*>(words_)->bell.load(std::memory_order_acquire);
}

void TileBoard::wake() {
  auto& words = *reinterpret_cast<Words*>(words_);
  words.bell.fetch_add(1, std::memory_order_seq_cst);
  if (words.sleepers.load(std::memory_order_seq_cst) > 0) futex_wake_all(words.bell);
}

void TileBoard::sleep(std::uint32_t seen, int milliseconds) {
  auto& words = *reinterpret_cast<Words*>(words_);
  words.sleepers.fetch_add(1, std::memory_order_seq_cst);
  if (words.bell.load(std::memory_order_seq_cst) == seen) futex_wait(words.bell, seen, milliseconds);
  words.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

}  // namespace shoal::optim
