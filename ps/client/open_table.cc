#include "ps/client/open_table.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal::ps {

OpenTable::OpenTable(const Client::TableSpec& s, std::size_t servers)
    : spec(s),
      slices(plan_slices(s.variable_sizes, s.element_bytes, static_cast<int>(servers), s.max_slice_bytes,
                         s.norm_block == 0 ? 16 : s.norm_block)) {
  if (spec.rule == kNoRule && spec.norm_block != 0) raise("table {:x}: without a rule nothing is clipped", spec.id);
}

const Slice& OpenTable::slice(int index) const {
  if (index < 0 || static_cast<std::size_t>(index) >= slices.size())
    raise("table {:x}: slice must be 0 to {}, received {}", spec.id, slices.size() - 1, index);
  return slices[static_cast<std::size_t>(index)];
}

std::size_t OpenTable::norms_bytes(int index) const {
  const std::size_t block = std::max<std::size_t>(spec.norm_block, 1);
  return (slice(index).size + block - 1) / block * sizeof(double);
}

bool OpenTable::agrees_with(const Client::TableSpec& other) const {
  return spec.variable_sizes == other.variable_sizes && spec.element_bytes == other.element_bytes &&
         spec.rule == other.rule && spec.max_slice_bytes == other.max_slice_bytes &&
         spec.norm_block == other.norm_block;
}

wire::TableSpec OpenTable::part_of(std::size_t server) const {
  wire::TableSpec part;
  part.element_bytes = static_cast<std::uint32_t>(spec.element_bytes);
  part.rule = spec.rule;
  part.variable_sizes.assign(spec.variable_sizes.begin(), spec.variable_sizes.end());
  part.max_slice_bytes = spec.max_slice_bytes;
  for (std::size_t i = 0; i < slices.size(); ++i)
    if (slices[i].server == static_cast<int>(server))
      part.slices.push_back({static_cast<std::uint32_t>(i), slices[i].size});
  return part;
}

wire::TableShare OpenTable::share_of(std::size_t server, const Client::Share& share) const {
  wire::TableShare message;
  message.process = share.process;
  message.descriptor = share.descriptor;
  message.bytes = share.bytes;
  message.elements = share.elements;
  message.variable_offsets.assign(share.variable_offsets.begin(), share.variable_offsets.end());
  if (share.process == 0) return message;
  for (const Slice& slice : slices)
    if (slice.server == static_cast<int>(server))
      message.slice_offsets.push_back(share.variable_offsets.at(static_cast<std::size_t>(slice.variable)) +
                                      slice.offset);
  return message;
}

}  // namespace shoal::ps
