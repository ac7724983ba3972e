#pragma once

#include <cstdint>

#include "common/io/shared_memory.h"
#include "common/optim/tile_board.h"
#include "model/tensor/variable.h"
#include "ps/client/client.h"

namespace shoal::worker {

// The arenas of a worker's weights and gradients, laid over a table's memory that the host's processes share. Gradients
// always are, weights from `publish` to `release`.
class SharedArenas {
 public:
  // `client` outlives it.
  SharedArenas(ps::Client& client, const ParameterSpace& space, io::SharedMemory memory, optim::TileLayout layout,
               std::uint32_t rank);
  ~SharedArenas();
  SharedArenas(const SharedArenas&) = delete;
  SharedArenas& operator=(const SharedArenas&) = delete;

  const ParameterSpace& space() const { return space_; }
  const optim::TileLayout& layout() const { return layout_; }
  std::byte* memory() const { return memory_.data(); }

  void release();  // the weights become this worker's own, with the values that they have
  void publish();  // the chief's weights become everybody's; called by every worker, who has released them
  void read_slot(int variable, int slot, void* out) const;
  void write_slot(int variable, int slot, const void* values);

 private:
  std::size_t arena_bytes() const { return space_.elements() * size_of(space_.dtype()); }
  void* weights() const { return space_.weights().memory.get(); }
  std::span<std::byte> place(int variable, int slot) const;

  ps::Client& client_;
  const ParameterSpace space_;  // keeps the arenas
  const io::SharedMemory memory_;
  const optim::TileLayout layout_;
  const std::uint32_t rank_;
  bool mapped_ = false;  // the weight arena is the shared one
};

}  // namespace shoal::worker
