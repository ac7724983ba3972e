#include "common/optim/piece_ring.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/error.h"

namespace shoal::optim {
namespace {

constexpr std::size_t kPage = 4096, kLine = 64;

std::size_t whole(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

// Numbers of pieces, counted from 1.
struct alignas(kLine) PieceRing::SlotWords {
  Count claimed;  // by who does it
  Count done;
};

struct alignas(kLine) PieceRing::VariableWords {
  Count done;  // pieces since the start
  Step step;   // of the round that is open: written by worker 0 before it delivers
};

std::size_t PieceRingLayout::words_bytes() const { return whole(kLine * (slots + variables + workers * slots), kPage); }
std::size_t PieceRingLayout::bytes() const { return words_bytes() + workers * slots * slot_bytes; }

PieceRing::PieceRing(std::byte* memory, PieceRingLayout layout, TileBoard& board, std::uint32_t rank)
    : memory_(memory), layout_(layout), board_(board), rank_(rank), rounds_(layout.variables), pieces_(layout.slots) {
  static_assert(sizeof(SlotWords) == kLine && sizeof(VariableWords) == kLine);
}

PieceRing::SlotWords& PieceRing::words_of(std::size_t slot) const {
  return *reinterpret_cast<SlotWords*>(memory_ + kLine * slot);
}
PieceRing::VariableWords& PieceRing::words_of_variable(std::size_t variable) const {
  return *reinterpret_cast<VariableWords*>(memory_ + kLine * (layout_.slots + variable));
}
PieceRing::Count& PieceRing::delivered(std::uint32_t worker, std::size_t slot) const {
  return *reinterpret_cast<Count*>(memory_ +
                                   kLine * (layout_.slots + layout_.variables + worker * layout_.slots + slot));
}
std::byte* PieceRing::slot_of(std::uint32_t worker, std::size_t slot) const {
  return memory_ + layout_.words_bytes() + (worker * layout_.slots + slot) * layout_.slot_bytes;
}

void PieceRing::open(std::size_t variable, std::size_t piece_elements, const Step& step) {
  if (piece_elements == 0 || piece_elements * board_.layout().element_bytes > layout_.slot_bytes)
    raise<InternalError>("piece ring: a piece of {} elements", piece_elements);
  const std::size_t size = board_.layout().variables[variable].size;
  const auto pieces = static_cast<std::int64_t>((size + piece_elements - 1) / piece_elements);
  Round& round = rounds_[variable];
  round.first = std::exchange(next_, next_ + pieces);
  round.pieces += pieces;
  round.piece_elements = piece_elements;
  if (rank_ == 0) words_of_variable(variable).step = step;
}

std::int64_t PieceRing::number_of(std::size_t variable, std::size_t begin) const {
  const Round& round = rounds_[variable];
  return round.first + static_cast<std::int64_t>(begin / round.piece_elements);
}

bool PieceRing::is_free(std::int64_t number) const {
  const auto slots = static_cast<std::int64_t>(layout_.slots);
  return words_of(static_cast<std::size_t>(number % slots)).done.load(std::memory_order_acquire) ==
         std::max<std::int64_t>(number - slots, 0);
}

std::byte* PieceRing::place(std::size_t variable, std::size_t begin) const {
  const std::int64_t number = number_of(variable, begin);
  return is_free(number) ? slot_of(rank_, static_cast<std::size_t>(number) % layout_.slots) : nullptr;
}

bool PieceRing::deliver(std::size_t variable, std::size_t begin, std::size_t count, const std::byte* values) {
  const std::int64_t number = number_of(variable, begin);
  if (!is_free(number)) return false;
  const std::size_t slot = static_cast<std::size_t>(number) % layout_.slots;
  SlotWords& words = words_of(slot);
  pieces_[slot] = {variable, begin, count};
  const bool own = static_cast<std::uint32_t>(number % layout_.workers) == rank_;
  if (own && complete(slot, number, false)) {  // the last: straight from where it was computed
    words.claimed.store(number, std::memory_order_relaxed);
    delivered(rank_, slot).store(number, std::memory_order_release);
    apply(slot, number, values);
    return true;
  }
  if (std::byte* mine = slot_of(rank_, slot); mine != values)
    std::memcpy(mine, values, count * board_.layout().element_bytes);
  delivered(rank_, slot).store(number, std::memory_order_seq_cst);
  if (complete(slot, number, true)) board_.wake();
  return true;
}

bool PieceRing::complete(std::size_t slot, std::int64_t number, bool with_mine) const {
  for (std::uint32_t worker = 0; worker < layout_.workers; ++worker)
    if ((with_mine || worker != rank_) && delivered(worker, slot).load(std::memory_order_seq_cst) != number)
      return false;
  return true;
}

bool PieceRing::help(bool anyone) {
  for (std::size_t slot = 0; slot < layout_.slots; ++slot) {
    SlotWords& words = words_of(slot);
    const std::int64_t number = delivered(rank_, slot).load(std::memory_order_acquire);
    std::int64_t claimed = words.claimed.load(std::memory_order_acquire);
    if (claimed >= number || !complete(slot, number, true)) continue;
    if (!anyone && static_cast<std::uint32_t>(number % layout_.workers) != rank_) continue;
    if (!words.claimed.compare_exchange_strong(claimed, number, std::memory_order_acq_rel)) continue;
    apply(slot, number, nullptr);
    return true;
  }
  return false;
}

void PieceRing::apply(std::size_t slot, std::int64_t number, const std::byte* mine) {
  const Piece piece = pieces_[slot];
  thread_local std::vector<const std::byte*> terms;
  terms.resize(layout_.workers);
  for (std::uint32_t worker = 0; worker < layout_.workers; ++worker)
    terms[worker] = worker == rank_ && mine != nullptr ? mine : slot_of(worker, slot);
  VariableWords& variable = words_of_variable(piece.variable);
  board_.apply(piece.variable, piece.begin, piece.count, terms, variable.step);
  words_of(slot).done.store(number, std::memory_order_release);
  variable.done.fetch_add(1, std::memory_order_acq_rel);
  board_.wake();
}

bool PieceRing::current(std::size_t variable) const {
  return words_of_variable(variable).done.load(std::memory_order_acquire) >= rounds_[variable].pieces;
}

}  // namespace shoal::optim
