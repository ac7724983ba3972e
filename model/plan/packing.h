#pragma once

#include <cstddef>
#include <vector>

namespace shoal::plan {

inline std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Memory that is needed from moment `first` to moment `last`, both included.
struct Lifetime {
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t offset = 0;  // found by pack
};

// The most bytes alive at one moment: no packing can do with less.
std::size_t most_live(const std::vector<Lifetime>& lifetimes);

// Gives each an offset such that no two overlap in time and place; returns the bytes needed. Sizes are multiples of 64.
std::size_t pack(std::vector<Lifetime>& lifetimes);

}  // namespace shoal::plan
