#pragma once

#include <cstdint>

namespace shoal::net {

// Which of the slices that wait to be sent, on either side, goes first: the one that the next forward pass reads first,
// or the one that came first.
enum class SendOrder { priority, arrival };

// Of a frame whose first slice this is (net::OutFrame::priority); what is no tensor goes before all.
inline std::uint32_t priority_of(SendOrder order, std::uint32_t slice) {
  return order == SendOrder::priority ? 1 + slice : 1;
}

}  // namespace shoal::net
