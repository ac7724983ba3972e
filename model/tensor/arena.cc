#include "model/tensor/arena.h"

#include "model/tensor/tensor.h"

namespace shoal {

Arena heap_arena(std::size_t bytes) { return {allocate_values(bytes), bytes}; }

}  // namespace shoal
