#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/wire/frame.h"
#include "ps/client/request.h"

// How requests grow, slice by slice.
namespace shoal::ps {

inline void append_entry(std::vector<std::byte>& head, int slice, int slot, std::size_t bytes) {
  const std::size_t at = head.size();
  head.resize(at + wire::kEntryBytes);
  wire::Entry entry;
  entry.slice = static_cast<std::uint32_t>(slice);
  entry.slot = slot;
  entry.bytes = bytes;
  wire::encode(entry, head.data() + at);
}

inline void append_entry(Request& request, int slice, int slot, std::size_t bytes) {
  append_entry(request.head, slice, slot, bytes);
  ++request.header.count;
}

// Neighbours in memory become one span.
template <class Byte>
void append_span(std::vector<std::span<Byte>>& spans, Byte* at, std::size_t bytes) {
  if (!spans.empty() && spans.back().data() + spans.back().size() == at)
    spans.back() = {spans.back().data(), spans.back().size() + bytes};
  else
    spans.push_back({at, bytes});
}

}  // namespace shoal::ps
