#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/optim/rule.h"

namespace shoal::optim {

// How the processes of a host lay out one table in memory that they share: control words, the weights, each worker's
// gradients, each slot of the rule's state. The four last have the layout of the arena that the sizes come from; every
// part starts at a page.
struct TileLayout {
  struct Place {
    std::size_t offset = 0, size = 0;  // elements
  };
  std::vector<Place> variables;
  std::size_t elements = 0;  // of the arena, gaps included
  std::size_t element_bytes = 4;
  std::uint32_t workers = 1;
  int slots = 0;
  bool halves = false;  // the rule clips by norms: two boards, each with control words of its own

  std::size_t words_bytes() const;  // of one board's control words
  std::size_t part_bytes() const;   // of one of the parts behind the control words
  std::size_t weights() const;      // offsets in bytes
  std::size_t gradients(std::uint32_t worker) const;
  std::size_t slot(int slot) const;
  std::size_t bytes() const;
  std::size_t tiles(std::size_t variable) const;
};

// Bulk-synchronous training in shared memory. When every worker has announced its gradient of a variable, the variable
// falls into tiles of work: add the gradients in the order of ranks, apply the rule, weights in place (without a rule
// the sum stands where the weights would). Whoever has
// nothing better to do takes the next tile; who takes it changes no bit. Made once by one process (`create`), then
// attached to by all. All functions may be called from any thread.
class TileBoard {
 public:
  // What is done with a tile. In halves there is a board for each: the first leaves the sum in worker 0's place, the
  // second applies the rule to it.
  enum class Work { whole, sum, rule };

  // `memory` has layout.bytes(), zeroed, and outlives the board. `rule`: null without one; then nothing is to be
  // created.
  static void create(std::byte* memory, const TileLayout& layout, const Rule& rule);
  TileBoard(std::byte* memory, TileLayout layout, std::shared_ptr<const Rule> rule, Work work = Work::whole);
  ~TileBoard();

  const TileLayout& layout() const { return layout_; }

  // The worker's gradient is complete, and it reads the variable's weights no more in this step. Returns true when all
  // the others' were there already.
  bool announce(std::uint32_t worker, std::size_t variable, const Step& step);
  // The variable's weights are those after `rounds` announcements of each worker.
  bool current(std::size_t variable, std::int64_t rounds) const;
  // Does one tile of a variable whose gradients are all there; false when there is none. Looks at `first` first, then
  // at all variables in their order: what the next forward pass needs first.
  bool help(std::size_t first);
  // Sleeps until somebody announced or finished something, at most so long. Nobody is missed who did so since `seen`
  // was taken: look for work between the two.
  std::uint32_t seen() const;
  void sleep(std::uint32_t seen, int milliseconds);
  void wake();  // all who sleep

  // Applies the rule to `count` elements of a variable whose gradients lie elsewhere: terms of as many elements, added
  // in their order.
  void apply(std::size_t variable, std::size_t begin, std::size_t count, std::span<const std::byte* const> terms,
             const Step& step);

 private:
  struct Words;
  struct VariableWords;
  VariableWords& words_of(std::size_t variable) const;
  std::int64_t announced(std::size_t variable) const;  // by the slowest worker
  bool help_with(std::size_t variable);
  template <class T>
  void apply_tile(std::size_t variable, std::size_t tile, const Step& step);
  template <class T, class Term>
  void apply_sum(std::size_t begin, std::size_t count, std::size_t terms, Term term, const Step& step);

  std::byte *memory_, *words_;
  TileLayout layout_;
  std::shared_ptr<const Rule> rule_;
  Work work_;
  std::vector<std::size_t> tiles_;  // by variable
};

}  // namespace shoal::optim
