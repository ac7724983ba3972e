#include "common/net/outbox.h"

namespace shoal::net {
namespace {

std::size_t pieces(const OutFrame& frame) { return 2 + frame.body.size(); }

}  // namespace

void Outbox::push(OutFrame& frame) {
  std::size_t payload = frame.head.size();
  for (const auto& span : frame.body) payload += span.size();
  frame.header.payload = payload;
  wire::encode(frame.header, frame.header_bytes_);
  frame.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &frame;
  last_ = &frame;
  bytes_ += wire::kHeaderBytes + payload;
}

std::size_t Outbox::gather(std::span<std::span<const std::byte>> out) const {
  std::size_t n = 0, piece = piece_, offset = offset_;
  for (const OutFrame* frame = first_; frame; frame = frame->next_) {
    for (; piece < pieces(*frame); ++piece, offset = 0) {
      if (n == out.size()) return n;
      std::span<const std::byte> span;
      if (piece == 0)
        span = frame->header_bytes_;
      else if (piece == 1)
        span = frame->head;
      else
        span = frame->body[piece - 2];
      if (span.size() > offset) out[n++] = span.subspan(offset);
    }
    piece = 0;
  }
  return n;
}

void Outbox::written(std::size_t n) {
  bytes_ -= n;
  while (first_) {
    const std::size_t size = piece_ == 0   ? wire::kHeaderBytes
                             : piece_ == 1 ? first_->head.size()
                                           : first_->body[piece_ - 2].size();
    if (n < size - offset_) {
      offset_ += n;
      return;
    }
    n -= size - offset_;
    offset_ = 0;
    if (++piece_ == pieces(*first_)) pop();
    if (n == 0 && first_ && piece_ == 0) return;
  }
}

void Outbox::clear() {
  bytes_ = 0;
  offset_ = 0;
  while (first_) pop();
}

void Outbox::pop() {
  OutFrame* frame = first_;
  first_ = frame->next_;
  if (!first_) last_ = nullptr;
  piece_ = 0;
  frame->sent();
}

}  // namespace shoal::net
