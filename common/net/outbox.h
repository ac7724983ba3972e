#pragma once

#include <cstddef>
#include <span>

#include "common/net/out_frame.h"

namespace shoal::net {

// What waits to be written, first come, first sent: a plain object without sockets. Allocates nothing.
class Outbox {
 public:
  void push(OutFrame& frame);
  bool empty() const { return first_ == nullptr; }
  std::size_t bytes() const { return bytes_; }  // not yet written

  // Fills `out` with the next spans to write; returns how many.
  std::size_t gather(std::span<std::span<const std::byte>> out) const;
  // `n` bytes were written; frames that are through are told.
  void written(std::size_t n);
  // Nothing will be written any more; all frames are told.
  void clear();

 private:
  void pop();

  OutFrame* first_ = nullptr;
  OutFrame* last_ = nullptr;
  std::size_t piece_ = 0;   // of the first frame: 0 header, 1 head, 2... body
  std::size_t offset_ = 0;  // within the piece
  std::size_t bytes_ = 0;
};

}  // namespace shoal::net
