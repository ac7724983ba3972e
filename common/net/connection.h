#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/net/frame_reader.h"
#include "common/net/loop.h"
#include "common/net/out_frame.h"

namespace shoal::net {

class Transport;

struct ConnectionOptions {
  double heartbeat_seconds = 1;
  double silence_seconds = 10;  // a peer not heard for so long is lost
  // Reading stops while more than this waits to be written. A side whose outgoing bytes are bounded otherwise, and that
  // must go on reading lest both sides wait for each other, sets no limit.
  std::size_t outbox_bytes = static_cast<std::size_t>(-1);
};

class ConnectionHandler : public FrameHandler {
 public:
  // Once, and the last call: what the peer did ("was silent for 10 s"), or the reason given to `close`.
  virtual void on_closed(const std::string& what) = 0;
};

// Frames to and from one peer that has proved itself. Lives on a loop and is used from its thread only; it holds itself
// alive until closed. Heartbeats are its own affair.
class Connection {
 public:
  static std::shared_ptr<Connection> start(Loop& loop, std::shared_ptr<Transport> transport, std::uint32_t rank,
                                           const ConnectionOptions& options, ConnectionHandler& handler);
  virtual ~Connection() = default;

  // Queues a frame; on a closed connection it is told at once that it was sent.
  virtual void send(OutFrame& frame) = 0;
  virtual void close(const std::string& what) = 0;  // now
  virtual void finish() = 0;                        // when all that is queued has been written
  virtual bool closed() const = 0;
  virtual const std::string& peer() const = 0;
};

// Queues a message of any length in frames of one control type.
void send_in_pieces(Connection& connection, const wire::Header& header, std::span<const std::byte> message);

}  // namespace shoal::net
