#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/optim/tile_board.h"

namespace shoal::optim {

// Where the workers of a host lay down pieces of gradients: control words, then each worker's slots.
struct PieceRingLayout {
  std::uint32_t workers = 1;
  std::size_t variables = 0;
  std::size_t slots = 8;               // of each worker: how far it may be ahead of the slowest
  std::size_t slot_bytes = 512 << 10;  // the largest piece

  std::size_t words_bytes() const;
  std::size_t bytes() const;
};

// Gradients of large variables, piece by piece while they are computed: no gradient is ever whole, and its sum with the
// others' goes to the rule from the cache. Every worker delivers the same pieces in about the same order; each piece
// has an owner, who adds what all delivered in the order of ranks and applies the rule once the last of it is there.
// Who does it changes no bit. Where `board` is, the weights and the rule's state are; its bell tells of what happens
// here. Thread-safe but for `open`.
class PieceRing {
 public:
  // `memory` has layout.bytes(), zeroed, and outlives the ring, as the board does.
  PieceRing(std::byte* memory, PieceRingLayout layout, TileBoard& board, std::uint32_t rank);

  // Starts a round of a variable, whose last round is done, in pieces of so many elements, the last one smaller. All
  // workers open the same rounds in the same order. Worker 0's step counts.
  void open(std::size_t variable, std::size_t piece_elements, const Step& step);
  // Where this worker's part of the piece that begins at an element of the variable would best be made. Null while the
  // piece before it in the ring is not done: work, or wait for the board's bell.
  std::byte* place(std::size_t variable, std::size_t begin) const;
  // The part is there, at its place or anywhere else; no weight of it is read any more. False as above.
  bool deliver(std::size_t variable, std::size_t begin, std::size_t count, const std::byte* values);
  // Does one piece that is all there, a piece of one's own or of `anyone`; false when there is none.
  bool help(bool anyone);
  // Every piece of the rounds that were opened here is done.
  bool current(std::size_t variable) const;

 private:
  using Count = std::atomic<std::int64_t>;
  struct SlotWords;
  struct VariableWords;
  struct Round {                         // of a variable
    std::int64_t first = 0, pieces = 0;  // of all pieces since the start; since the start
    std::size_t piece_elements = 1;
  };
  struct Piece {
    std::size_t variable = 0, begin = 0, count = 0;
  };

  SlotWords& words_of(std::size_t slot) const;
  VariableWords& words_of_variable(std::size_t variable) const;
  Count& delivered(std::uint32_t worker, std::size_t slot) const;
  std::int64_t number_of(std::size_t variable, std::size_t begin) const;
  bool is_free(std::int64_t number) const;
  std::byte* slot_of(std::uint32_t worker, std::size_t slot) const;
  bool complete(std::size_t slot, std::int64_t number, bool with_mine) const;
  // `mine`: this worker's values, where they are not in its slot.
  void apply(std::size_t slot, std::int64_t number, const std::byte* mine);

  std::byte* memory_;
  PieceRingLayout layout_;
  TileBoard& board_;
  std::uint32_t rank_;
  std::int64_t next_ = 1;  // number of the first piece of the next round; 0 is none
  std::vector<Round> rounds_;
  std::vector<Piece> pieces_;  // by slot: what this worker delivered there last
};

}  // namespace shoal::optim
