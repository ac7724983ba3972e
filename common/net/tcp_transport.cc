#include <algorithm>

#include "common/net/transport.h"

namespace shoal::net {
namespace {

// A buffer sequence by reference: copying it into an operation copies two pointers.
template <class Buffer>
struct Buffers {
  using value_type = Buffer;
  using const_iterator = const Buffer*;
  const Buffer* first = nullptr;
  const Buffer* last = nullptr;
  const Buffer* begin() const { return first; }
  const Buffer* end() const { return last; }
};

template <class Buffer, class Span>
Buffers<Buffer> fill(std::array<Buffer, kMaxBuffers>& buffers, std::span<const Span> spans) {
  const std::size_t n = std::min(spans.size(), kMaxBuffers);
  for (std::size_t i = 0; i < n; ++i) buffers[i] = Buffer(spans[i].data(), spans[i].size());
  return {buffers.data(), buffers.data() + n};
}

std::string describe(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "unknown address";
  return peer.address().to_string() + ":" + std::to_string(peer.port());
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(asio::ip::tcp::socket socket) : socket_(std::move(socket)), peer_(describe(socket_)) {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }
  void read_some(std::span<const std::span<std::byte>> into, Operation& operation) override {
    socket_.async_read_some(fill(read_buffers_, into), Completion(operation));
  }
  void write_some(std::span<const std::span<const std::byte>> from, Operation& operation) override {
    socket_.async_write_some(fill(write_buffers_, from), Completion(operation));
  }
  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  const std::string& peer() const override { return peer_; }

 private:
  asio::ip::tcp::socket socket_;
  std::string peer_;
  std::array<asio::mutable_buffer, kMaxBuffers> read_buffers_;
  std::array<asio::const_buffer, kMaxBuffers> write_buffers_;
};

}  // namespace

std::shared_ptr<Transport> make_tcp_transport(asio::ip::tcp::socket socket) {
  return std::make_shared<TcpTransport>(std::move(socket));
}

}  // namespace shoal::net
