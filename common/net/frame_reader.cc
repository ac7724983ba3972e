#include "common/net/frame_reader.h"

#include <algorithm>
#include <cstring>

#include "common/base/error.h"

namespace shoal::net {
namespace {

// Read ahead beyond a header: what of it belongs to a body is copied once, so it is kept small.
constexpr std::size_t kAhead = 16 * 1024;
constexpr std::size_t kBuffer = wire::kMaxHeadBytes + kAhead;

}  // namespace

FrameReader::FrameReader(FrameHandler& handler) : handler_(handler), buffer_(kBuffer) { body_.reserve(64); }

std::span<const std::span<std::byte>> FrameReader::wanted() {
  std::size_t n = 0;
  if (expect_ == Expect::body)
    for (std::size_t i = body_at_; i < body_.size() && n + 1 < wanted_.size(); ++i)
      if (!body_[i].empty()) wanted_[n++] = body_[i];
  const bool all_of_body = expect_ != Expect::body || body_.size() - body_at_ < wanted_.size();
  if (all_of_body) {
    if (begin_ == end_) begin_ = end_ = 0;
    const std::size_t needed = expect_ == Expect::head ? wire::head_bytes(header_) : wire::kHeaderBytes;
    if (begin_ + needed > buffer_.size() || buffer_.size() - end_ < kAhead / 4) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, buffered());
      end_ -= begin_;
      begin_ = 0;
    }
    const std::size_t missing = needed > buffered() ? needed - buffered() : 0;
    wanted_[n++] = std::span(buffer_).subspan(end_, std::min(buffer_.size() - end_, std::max(missing, kAhead)));
  }
  return {wanted_.data(), n};
}

void FrameReader::received(std::size_t n) {
  take_body(n);
  end_ += n;
  process();
}

void FrameReader::take_body(std::size_t& n) {
  if (expect_ != Expect::body) return;
  for (; n > 0 && body_at_ < body_.size(); ++body_at_) {
    auto& span = body_[body_at_];
    const std::size_t taken = std::min(n, span.size());
    span = span.subspan(taken);
    n -= taken;
    if (!span.empty()) return;
  }
}

void FrameReader::copy_body() {
  for (; body_at_ < body_.size(); ++body_at_) {
    auto& span = body_[body_at_];
    const std::size_t taken = std::min(buffered(), span.size());
    if (taken > 0) std::memcpy(span.data(), buffer_.data() + begin_, taken);
    begin_ += taken;
    span = span.subspan(taken);
    if (!span.empty()) return;
  }
}

void FrameReader::begin_body() {
  const std::size_t head = wire::head_bytes(header_);
  body_.clear();
  body_at_ = 0;
  handler_.on_head(header_, std::span(buffer_).subspan(begin_, head), body_);
  std::size_t places = 0;
  for (const auto& span : body_) places += span.size();
  if (places != header_.payload - head)
    raise<PeerError>("frame {}: {} bytes of values where {} belong", wire::type_name(header_.type),
                     header_.payload - head, places);
  begin_ += head;
  expect_ = Expect::body;
}

void FrameReader::process() {
  while (!stopped_) {
    switch (expect_) {
      case Expect::header:
        if (buffered() < wire::kHeaderBytes) return;
        header_ = wire::decode_header(
            std::span<const std::byte, wire::kHeaderBytes>(buffer_.data() + begin_, wire::kHeaderBytes));
        begin_ += wire::kHeaderBytes;
        expect_ = Expect::head;
        break;
      case Expect::head:
        if (buffered() < wire::head_bytes(header_)) return;
        begin_body();
        break;
      case Expect::body:
        copy_body();
        if (body_at_ < body_.size()) return;
        expect_ = Expect::header;
        handler_.on_frame(header_);
        break;
    }
  }
}

}  // namespace shoal::net
