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
  bytes_ += wire::kHeaderBytes + payload;
  if (last_ == nullptr || last_->priority <= frame.priority) {
    frame.next_ = nullptr;
    (last_ ? last_->next_ : first_) = &frame;
    last_ = &frame;
    return;
  }
  OutFrame** at = fixed_ ? &fixed_->next_ : &first_;
  while (*at && (*at)->priority <= frame.priority) at = &(*at)->next_;
  frame.next_ = *at;
  *at = &frame;
  if (frame.next_ == nullptr) last_ = &frame;
}

std::size_t Outbox::gather(std::span<std::span<const std::byte>> out) {
  std::size_t n = 0, bytes = 0, piece = piece_, offset = offset_;
  for (OutFrame* frame = first_; frame && bytes < kWriteBytes; frame = frame->next_, piece = 0) {
    for (; piece < pieces(*frame) && bytes < kWriteBytes; ++piece, offset = 0) {
      if (n == out.size()) return n;
      std::span<const std::byte> span;
      if (piece == 0)
        span = frame->header_bytes_;
      else if (piece == 1)
        span = frame->head;
      else
        span = frame->body[piece - 2];
      if (span.size() <= offset) continue;
      out[n] = span.subspan(offset);
      bytes += out[n++].size();
      fixed_ = frame;
    }
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
      break;
    }
    n -= size - offset_;
    offset_ = 0;
    if (++piece_ == pieces(*first_)) pop();
    if (n == 0 && piece_ == 0) break;
  }
  fixed_ = piece_ > 0 || offset_ > 0 ? first_ : nullptr;
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
  if (fixed_ == frame) fixed_ = nullptr;
  piece_ = 0;
  frame->sent();
}

}  // namespace shoal::net
