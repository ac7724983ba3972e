#pragma once

#include <vector>

#include "model/plan/kernel.h"
#include "model/plan/schedule.h"

namespace shoal::plan {

// How the rows of a run are cut: a function of the plan's shapes and the number of rows, never of threads or segments,
// so that sums are added up in the same order whoever computes them.
struct Blocking {
  std::int64_t rows = 0, block = 1, blocks = 0, lanes = 0;

  static constexpr std::int64_t kLanes = 4;
  // `row_bytes`: of the largest intermediate.
  Blocking(std::size_t row_bytes, std::int64_t rows);

  // Lanes are ranges of blocks; each adds up its own sums.
  std::int64_t first_block(std::int64_t lane) const { return lane * blocks / lanes; }
};

// Offsets in the activation arena, for a largest number of rows.
struct Layout {
  struct Area {
    std::size_t offset = 0, stride = 0;  // one for each thread, `stride` apart
  };
  std::size_t bytes = 0, live_bytes = 0;
  std::vector<std::size_t> offsets;       // of an item in kArena; in kBlock: within the thread's area
  std::vector<std::size_t> lane_offsets;  // of a sum's lanes but the first, round_up(bytes) apart
  std::vector<Area> blocks, scratch;      // of a segment

  Layout(const Program& program, const Schedule& schedule, const std::vector<Kernel>& kernels, const Blocking& blocking,
         int threads);
};

// Room for one piece of a kernel's output, in front of its scratch; 0 when it is not cut into pieces in a row.
std::size_t piece_bytes(const Kernel& kernel, const Item& item);

// Bytes of the largest row that one item makes; the measure of a block.
std::size_t largest_row(const Program& program);

}  // namespace shoal::plan
