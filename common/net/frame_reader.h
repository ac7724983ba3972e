#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "common/wire/frame.h"

namespace shoal::net {

// What a session makes of frames. Both may throw PeerError, which ends the connection.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  // The header is well-formed and `head` (entries, or the whole control payload) is there; `body`, empty at first,
  // takes the places for the rest of the payload.
  virtual void on_head(const wire::Header& header, std::span<const std::byte> head,
                       std::vector<std::span<std::byte>>& body) = 0;
  // All of the payload is in its places.
  virtual void on_frame(const wire::Header& header) = 0;
};

// Turns a stream of bytes into frames: a plain object without sockets. Small things pass through a fixed buffer, bodies
// go straight to where the handler wants them.
class FrameReader {
 public:
  explicit FrameReader(FrameHandler& handler);

  // Where the next bytes should go; at most 64 spans, valid until `received`.
  std::span<const std::span<std::byte>> wanted();
  // `n` bytes are there, in the order of the spans. Throws PeerError when they are no frame.
  void received(std::size_t n);
  // The handler asks for no further calls.
  void stop() { stopped_ = true; }

 private:
  enum class Expect { header, head, body };
  std::size_t buffered() const { return end_ - begin_; }
  void take_body(std::size_t& n);  // of n bytes that are in the body's places already
  void copy_body();
  void begin_body();
  void process();

  FrameHandler& handler_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  Expect expect_ = Expect::header;
  wire::Header header_;
  std::vector<std::span<std::byte>> body_;
  std::size_t body_at_ = 0;  // spans before are full
  std::array<std::span<std::byte>, 64> wanted_;
  bool stopped_ = false;
};

}  // namespace shoal::net
