#include "common/net/connection.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "common/base/error.h"
#include "common/net/outbox.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

using Clock = std::chrono::steady_clock;

class Heartbeat final : public OutFrame {
 public:
  bool queued = false;
  void sent() override { queued = false; }
};

class StreamConnection final : public Connection, public std::enable_shared_from_this<StreamConnection> {
 public:
  StreamConnection(Loop& loop, std::shared_ptr<Transport> transport, std::uint32_t rank,
                   const ConnectionOptions& options, ConnectionHandler& handler)
      : transport_(std::move(transport)), options_(options), handler_(handler), reader_(handler), pulse_(loop, [this] {
          beat();
        }) {
    heartbeat_.header.sender = rank;
  }

  void start() {
    heard_ = beaten_ = Clock::now();
    period_ = std::min(options_.heartbeat_seconds, options_.silence_seconds / 4);
    pulse_.start(period_, true);
    read(shared_from_this());
    write(shared_from_this());
  }

  void send(OutFrame& frame) override {
    if (closed_ || finishing_) {
      frame.sent();
      return;
    }
    outbox_.push(frame);
    to_write_.notify();
  }
  void close(const std::string& what) override {
    if (closed_) return;
    closed_ = true;
    what_ = what;
    reader_.stop();
    pulse_.stop();
    transport_->close();
    to_write_.notify();
    room_.notify();
  }
  void finish() override {
    if (closed_ || finishing_) return;
    finishing_ = true;
    to_write_.notify();
  }
  bool closed() const override { return closed_; }
  const std::string& peer() const override { return transport_->peer(); }

 private:
  Task read([[maybe_unused]] std::shared_ptr<StreamConnection> self) {
    while (!closed_) {
      Reading reading(*transport_, reader_.wanted(), read_operation_);
      co_await reading;
      if (read_operation_.failed())
        lost(read_operation_.error);
      else
        received(read_operation_.bytes);
      while (!closed_ && outbox_.bytes() > options_.outbox_bytes) co_await room_;
    }
    handler_.on_closed(what_);
  }

  Task write([[maybe_unused]] std::shared_ptr<StreamConnection> self) {
    while (!closed_) {
      if (outbox_.empty()) {
        if (finishing_) close("said goodbye");
        if (!closed_) co_await to_write_;
        continue;
      }
      const std::size_t n = outbox_.gather(gathered_);
      Writing writing(*transport_, std::span(gathered_).first(n), write_operation_);
      co_await writing;
      if (closed_) break;
      if (write_operation_.failed()) {
        lost(write_operation_.error);
        break;
      }
      outbox_.written(write_operation_.bytes);
      if (outbox_.bytes() <= options_.outbox_bytes) room_.notify();
    }
    outbox_.clear();
  }

  void received(std::size_t n) {
    heard_ = Clock::now();
    try {
      reader_.received(n);
    } catch (const std::exception& error) {
      close(fmt::format("sent what it should not: {}", error.what()));
    }
  }

  void lost(const boost::system::error_code& error) {
    if (error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe)
      close("closed its connection without goodbye");
    else
      close(fmt::format("is lost: {}", error.message()));
  }

  void beat() {
    const auto now = Clock::now();
    // When this process itself was stopped, the peer gets its time again.
    if (now - beaten_ > std::chrono::duration<double>(3 * period_)) heard_ = now;
    beaten_ = now;
    if (now - heard_ > std::chrono::duration<double>(options_.silence_seconds)) {
      close(fmt::format("was silent for {:g} s", options_.silence_seconds));
      return;
    }
    if (!heartbeat_.queued && outbox_.empty() && !finishing_) {
      heartbeat_.queued = true;
      send(heartbeat_);
    }
  }

  std::shared_ptr<Transport> transport_;
  const ConnectionOptions options_;
  ConnectionHandler& handler_;
  FrameReader reader_;
  Outbox outbox_;
  Operation read_operation_, write_operation_;
  Event to_write_, room_;
  std::array<std::span<const std::byte>, kMaxBuffers> gathered_;
  Heartbeat heartbeat_;
  Timer pulse_;
  double period_ = 1;
  Clock::time_point heard_, beaten_;
  bool closed_ = false, finishing_ = false;
  std::string what_;
};

}  // namespace

std::shared_ptr<Connection> Connection::start(Loop& loop, std::shared_ptr<Transport> transport, std::uint32_t rank,
                                              const ConnectionOptions& options, ConnectionHandler& handler) {
  auto connection = std::make_shared<StreamConnection>(loop, std::move(transport), rank, options, handler);
  connection->start();
  return connection;
}

void send_in_pieces(Connection& connection, const wire::Header& header, std::span<const std::byte> message) {
  do {
    const std::size_t n = std::min(message.size(), wire::kMaxHeadBytes);
    auto* frame = new LooseFrame;
    frame->header = header;
    frame->header.flags = n < message.size() ? wire::kMore : 0;
    frame->head.assign(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(n));
    message = message.subspan(n);
    connection.send(*frame);
  } while (!message.empty());
}

}  // namespace shoal::net
