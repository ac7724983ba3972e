#include "model/plan/layout.h"

#include <algorithm>

#include "model/plan/packing.h"

namespace shoal::plan {

Blocking::Blocking(std::size_t row_bytes, std::int64_t the_rows) : rows(the_rows) {
  constexpr std::size_t kBudget = 256 * 1024;  // a block's largest intermediate stays in the second-level cache
  const auto fits = static_cast<std::int64_t>(kBudget / std::max<std::size_t>(row_bytes, 1));
  block = std::max<std::int64_t>(1, std::min(fits, (rows + kLanes - 1) / kLanes));
  blocks = (rows + block - 1) / block;
  lanes = std::min(kLanes, blocks);
}

std::size_t piece_bytes(const Kernel& kernel, const Item& item) {
  return round_up(static_cast<std::size_t>(kernel.piece_elements) * size_of(item.dtype));
}

std::size_t largest_row(const Program& program) {
  std::size_t largest = 0;
  for (const Item& item : program.items)
    if (item.kind == Kind::kCompute && item.rows == graph::Rows::kRowWise)
      largest = std::max(largest, item.row_bytes());
  return largest;
}

Layout::Layout(const Program& program, const Schedule& schedule, const std::vector<Kernel>& kernels,
               const Blocking& blocking, int threads)
    : offsets(program.items.size()),
      lane_offsets(program.items.size()),
      blocks(schedule.segments.size()),
      scratch(schedule.segments.size()) {
  std::vector<Lifetime> all;
  std::vector<std::size_t*> owners;
  const auto add = [&](std::size_t size, int first, int last, std::size_t* owner) {
    if (size == 0) return;
    all.push_back({size, first, last, 0});
    owners.push_back(owner);
  };
  const auto workers = static_cast<std::size_t>(std::min<std::int64_t>(threads, Blocking::kLanes));
  const std::int64_t lanes = std::min(Blocking::kLanes, std::max<std::int64_t>(blocking.rows, 1));

  std::vector<std::size_t> slack;  // what packing within a block's area wastes, for each segment
  for (std::size_t s = 0; s < schedule.segments.size(); ++s) {
    const Segment& segment = schedule.segments[s];
    const int now = static_cast<int>(s);
    std::vector<Lifetime> local;
    std::vector<std::size_t> local_items;
    std::size_t scratch_bytes = 0;
    std::int64_t pieces = 1;
    for (std::size_t position = 0; position < segment.items.size(); ++position) {
      const auto i = static_cast<std::size_t>(segment.items[position]);
      const Item& item = program.items[i];
      scratch_bytes =
          std::max(scratch_bytes, piece_bytes(kernels[i], item) +
                                      kernels[i].scratch_bytes(segment.by_rows ? blocking.block : blocking.rows));
      pieces = std::max(pieces, kernels[i].pieces);
      if (schedule.places[i] == Place::kArena)
        add(round_up(item.bytes(blocking.rows)), now, schedule.last_use[i], &offsets[i]);
      if (item.rows == graph::Rows::kSumsRows && lanes > 1)
        add(static_cast<std::size_t>(lanes - 1) * round_up(item.fixed_bytes()), now, now, &lane_offsets[i]);
      if (schedule.places[i] != Place::kBlock) continue;
      int last = static_cast<int>(position);
      for (std::size_t later = position + 1; later < segment.items.size(); ++later)
        for (int input : program.items[static_cast<std::size_t>(segment.items[later])].inputs)
          if (program.storage(input) == static_cast<int>(i)) last = static_cast<int>(later);
      local.push_back(
          {round_up(item.row_bytes() * static_cast<std::size_t>(blocking.block)), static_cast<int>(position), last, 0});
      local_items.push_back(i);
    }
    blocks[s].stride = pack(local);
    slack.push_back(workers * (blocks[s].stride - most_live(local)));
    for (std::size_t k = 0; k < local.size(); ++k) offsets[local_items[k]] = local[k].offset;
    scratch[s].stride = round_up(scratch_bytes);
    const std::size_t users = segment.by_rows || pieces > 1 ? workers : 1;
    add(workers * blocks[s].stride, now, now, &blocks[s].offset);
    add(users * scratch[s].stride, now, now, &scratch[s].offset);
  }

  bytes = pack(all);
  for (std::size_t k = 0; k < all.size(); ++k) *owners[k] = all[k].offset;
  for (std::size_t s = 0; s < schedule.segments.size(); ++s) {
    std::size_t live = 0;
    for (const Lifetime& one : all)
      if (one.first <= static_cast<int>(s) && static_cast<int>(s) <= one.last) live += one.bytes;
    live_bytes = std::max(live_bytes, live - std::min(live, slack[s]));
  }
}

}  // namespace shoal::plan
