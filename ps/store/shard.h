#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/io/shared_memory.h"
#include "common/optim/rule.h"
#include "common/optim/tile_board.h"

namespace shoal::ps {

// One server's part of a table: for each of its slices the weights, the rule's state and a gradient buffer for each
// worker, all made at the start. Without a rule it sums: where weights would lie, the last sum does. Slices are counted
// by position among the server's own.
class Shard {
 public:
  // `rule`: null without one. Throws ValueError on an element size that is neither 4 nor 8, or when the sizes are
  // beyond this machine's memory.
  static std::unique_ptr<Shard> make(std::span<const std::size_t> slice_elements, std::size_t element_bytes,
                                     std::uint32_t workers, std::unique_ptr<optim::Rule> rule);
  // In memory that the workers of this host share: they add and apply, `gradient` and what follows it are not to be
  // called. `offsets`: of the slices, elements in the arena. Throws ValueError when something lies outside of the
  // memory.
  static std::unique_ptr<Shard> make_shared(io::SharedMemory memory, const optim::TileLayout& layout,
                                            std::span<const std::size_t> slice_elements,
                                            std::span<const std::uint64_t> offsets);
  virtual ~Shard() = default;

  virtual std::size_t slices() const = 0;
  virtual std::size_t bytes(std::size_t slice) const = 0;
  virtual int slots() const = 0;

  virtual std::span<std::byte> gradient(std::size_t slice, std::uint32_t worker) = 0;
  virtual std::span<std::byte> weights(std::size_t slice) = 0;
  virtual std::span<std::byte> slot(std::size_t slice, int slot) = 0;

  virtual std::size_t memory_bytes() const = 0;  // of all that it holds of its own

  // Adds the workers' gradients in the order of ranks, as a chain from rank 0's, in whose place the sum stands; without
  // a rule, in that of the weights.
  virtual void sum(std::size_t slice) = 0;
  // Of that sum, the sum of squares of each block of optim::kNormBlock elements.
  virtual void squares(std::size_t slice, std::span<double> out) const = 0;
  // Applies the rule, if there is one, to that sum.
  virtual void update(std::size_t slice, const optim::Step& step) = 0;
  void apply(std::size_t slice, const optim::Step& step) {
    sum(slice);
    update(slice, step);
  }
};

}  // namespace shoal::ps
