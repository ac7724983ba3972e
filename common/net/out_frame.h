#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/wire/frame.h"

namespace shoal::net {

// A frame on its way out: header, head (entries or a control payload) and spans of memory that stay where they are
// until `sent`. Made to be reused: its vectors keep their capacity.
class OutFrame {
 public:
  OutFrame() = default;
  OutFrame(const OutFrame&) = delete;
  OutFrame& operator=(const OutFrame&) = delete;
  virtual ~OutFrame() = default;

  wire::Header header;  // its payload is set when the frame is queued
  std::vector<std::byte> head;
  std::vector<std::span<const std::byte>> body;
  std::uint32_t priority = 0;  // of those that wait, the least goes first; among equals, the first that came

  // Once for each time it was queued: its bytes are with the kernel, or the connection is closed. May delete it.
  virtual void sent() = 0;

 private:
  friend class Outbox;
  std::array<std::byte, wire::kHeaderBytes> header_bytes_{};
  OutFrame* next_ = nullptr;
};

// A frame that nobody keeps.
class LooseFrame final : public OutFrame {
 public:
  void sent() override { delete this; }
};

}  // namespace shoal::net
