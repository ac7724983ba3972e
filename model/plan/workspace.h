#pragma once

#include "model/tensor/arena.h"

namespace shoal::plan {

// The memory of intermediates. Plans that never run at the same time, those of one model, share it: it is as large as
// the largest of them needs. Nothing in it outlives a run but the run's outputs, until the next one.
class Workspace {
 public:
  // At least so many bytes; places given out before are void when it has to grow.
  void reserve(std::size_t bytes) {
    if (bytes <= arena_.bytes) return;
    arena_ = Arena();  // before the new one is made
    arena_ = heap_arena(bytes);
  }
  const Arena& arena() const { return arena_; }

 private:
  Arena arena_;
};

}  // namespace shoal::plan
