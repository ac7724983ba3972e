#include "worker/shared_arenas.h"

#include <cstring>
#include <utility>

#include "common/base/error.h"

namespace shoal::worker {

SharedArenas::SharedArenas(ps::Client& client, const ParameterSpace& space, io::SharedMemory memory,
                           optim::TileLayout layout, std::uint32_t rank)
    : client_(client), space_(space), memory_(std::move(memory)), layout_(std::move(layout)), rank_(rank) {
  memory_.map_over(space_.gradients().memory.get(), layout_.gradients(rank_), arena_bytes());
}

SharedArenas::~SharedArenas() {
  if (mapped_) io::make_private(weights(), arena_bytes());
  io::make_private(space_.gradients().memory.get(), arena_bytes());
}

void SharedArenas::release() {
  if (std::exchange(mapped_, false)) io::make_private(weights(), arena_bytes());
}

void SharedArenas::publish() {
  client_.barrier();  // nobody reads the shared weights now
  if (rank_ == 0) std::memcpy(memory() + layout_.weights(), weights(), arena_bytes());
  client_.barrier();
  memory_.map_over(weights(), layout_.weights(), arena_bytes());
  mapped_ = true;
}

void SharedArenas::read_slot(int variable, int slot, void* out) const {
  const auto at = place(variable, slot);
  std::memcpy(out, at.data(), at.size());
}

void SharedArenas::write_slot(int variable, int slot, const void* values) {
  const auto at = place(variable, slot);
  std::memcpy(at.data(), values, at.size());
}

std::span<std::byte> SharedArenas::place(int variable, int slot) const {
  if (variable < 0 || static_cast<std::size_t>(variable) >= space_.entries().size() || slot < 0 ||
      slot >= layout_.slots)
    raise<InternalError>("optimizer state: there is no slot {} of variable {}", slot, variable);
  const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
  const std::size_t unit = size_of(space_.dtype());
  return {memory() + layout_.slot(slot) + entry.offset * unit, entry.size * unit};
}

}  // namespace shoal::worker
