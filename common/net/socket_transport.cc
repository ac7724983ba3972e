#include <netinet/tcp.h>
#include <sys/socket.h>

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

template <class Socket>
class SocketTransport final : public Transport {
 public:
  SocketTransport(Socket socket, std::string peer, const char* protocol)
      : socket_(std::move(socket)), peer_(std::move(peer)), protocol_(protocol) {
    boost::system::error_code ignored;
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
  std::string protocol() const override { return protocol_; }

 private:
  Socket socket_;
  const std::string peer_;
  const char* const protocol_;
  std::array<asio::mutable_buffer, kMaxBuffers> read_buffers_;
  std::array<asio::const_buffer, kMaxBuffers> write_buffers_;
};

// The other side of a Unix socket has no address, but the kernel knows who it is.
std::string describe_peer(asio::local::stream_protocol::socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return "a process of this host";
  return "process " + std::to_string(credentials.pid) + " of this host";
}

}  // namespace

std::string describe_peer(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "unknown address";
  return peer.address().to_string() + ":" + std::to_string(peer.port());
}

std::shared_ptr<Transport> make_transport(asio::ip::tcp::socket socket, const std::shared_ptr<Tls>& tls, Side side) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  // What the kernel holds cannot be overtaken by what is more urgent (Outbox): it takes little ahead of the link.
  const int ahead = 256 << 10;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, sizeof ahead);
  if (tls) return make_tls_transport(std::move(socket), tls, side);
  std::string peer = describe_peer(socket);
  return std::make_shared<SocketTransport<asio::ip::tcp::socket>>(std::move(socket), std::move(peer), "TCP");
}

std::shared_ptr<Transport> make_transport(asio::local::stream_protocol::socket socket, const std::shared_ptr<Tls>&,
                                          Side) {
  using Socket = asio::local::stream_protocol::socket;
  // With the usual 208 KB the two sides wait for each other too often: large exchanges took a third longer.
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::send_buffer_size(1 << 20), ignored);
  std::string peer = describe_peer(socket);
  return std::make_shared<SocketTransport<Socket>>(std::move(socket), std::move(peer), "Unix socket");
}

}  // namespace shoal::net
