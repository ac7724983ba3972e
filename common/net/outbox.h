#pragma once

#include <cstddef>
#include <span>

#include "common/net/out_frame.h"

namespace shoal::net {

// One write: as much as is worth a call, as little as an urgent frame may wait for.
inline constexpr std::size_t kWriteBytes = 256 << 10;

// What waits to be written, in the order of priorities: a plain object without sockets. Allocates nothing.
class Outbox {
 public:
  void push(OutFrame& frame);
  bool empty() const { return first_ == nullptr; }
  std::size_t bytes() const { return bytes_; }  // not yet written

  // Fills `out` with the next spans to write, some kWriteBytes of them; returns how many. Until `written`, nothing
  // overtakes these.
  std::size_t gather(std::span<std::span<const std::byte>> out);
  // `n` bytes were written; frames that are through are told.
  void written(std::size_t n);
  // Nothing will be written any more; all frames are told.
  void clear();

 private:
  void pop();

  OutFrame* first_ = nullptr;
  OutFrame* last_ = nullptr;
  OutFrame* fixed_ = nullptr;  // none overtakes this one, nor those before
  std::size_t piece_ = 0;      // of the first frame: 0 header, 1 head, 2... body
  std::size_t offset_ = 0;     // within the piece
  std::size_t bytes_ = 0;
};

}  // namespace shoal::net
