#include "common/net/listener.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/net/address.h"
#include "common/net/dialer.h"
#include "common/net/loop_context.h"
#include "common/net/operation.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

template <class Protocol>
class Accepting {
 public:
  Accepting(typename Protocol::acceptor& acceptor, typename Protocol::socket& socket, Operation& operation)
      : acceptor_(acceptor), socket_(socket), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    acceptor_.async_accept(socket_, Completion(operation_));
  }
  void await_resume() const noexcept {}

 private:
  typename Protocol::acceptor& acceptor_;
  typename Protocol::socket& socket_;
  Operation& operation_;
};

// The coroutine outlives the listener by a moment; what it touches is here.
template <class Protocol>
struct State {
  State(asio::io_context& context, Loop& loop, Listener::OnAccept call, std::shared_ptr<Tls> encryption)
      : io(context),
        acceptor(context),
        socket(context),
        on_accept(std::move(call)),
        tls(std::move(encryption)),
        pause(loop, [this] { rested.notify(); }) {}
  asio::io_context& io;
  typename Protocol::acceptor acceptor;
  typename Protocol::socket socket;
  Listener::OnAccept on_accept;
  std::shared_ptr<Tls> tls;
  Operation operation;
  Event rested;
  Timer pause;
  bool open = true;
};

template <class Protocol>
Task accept(std::shared_ptr<State<Protocol>> state) {
  while (state->open) {
    Accepting<Protocol> accepting(state->acceptor, state->socket, state->operation);
    co_await accepting;
    if (!state->open) break;
    if (state->operation.failed()) {
      // Out of descriptors, say: the same error would come again at once.
      log::warning("cannot accept a connection: {}", state->operation.error.message());
      state->pause.start(0.1);
      co_await state->rested;
      continue;
    }
    auto transport = make_transport(std::move(state->socket), state->tls, Side::accepted);
    state->socket = typename Protocol::socket(state->io);
    state->on_accept(std::move(transport));
  }
}

template <class Protocol>
class SocketListener final : public Listener {
 public:
  SocketListener(std::shared_ptr<State<Protocol>> state, std::uint16_t port) : state_(std::move(state)), port_(port) {
    accept<Protocol>(state_);
  }
  ~SocketListener() override { close(); }
  std::uint16_t port() const override { return port_; }
  void close() override {
    if (!state_->open) return;
    state_->open = false;
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    state_->pause.stop();
    state_->rested.notify();
  }

 private:
  std::shared_ptr<State<Protocol>> state_;
  std::uint16_t port_;
};

std::uint16_t port_of(const asio::ip::tcp::endpoint& endpoint) { return endpoint.port(); }
std::uint16_t port_of(const asio::local::stream_protocol::endpoint&) { return 0; }

template <class Protocol>
std::unique_ptr<Listener> listen(Loop& loop, const typename Protocol::endpoint& endpoint, const std::string& address,
                                 Listener::OnAccept on_accept, std::shared_ptr<Tls> tls) {
  auto state = std::make_shared<State<Protocol>>(loop.context().io, loop, std::move(on_accept), std::move(tls));
  boost::system::error_code error;
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use)
    raise<PeerError>("{} is in use", address.starts_with(kUnix) ? address : fmt::format("port {}", port_of(endpoint)));
  if (error) raise<PeerError>("cannot listen on {}: {}", place_of(address, port_of(endpoint)), error.message());
  const std::uint16_t port = port_of(state->acceptor.local_endpoint());
  return std::make_unique<SocketListener<Protocol>>(std::move(state), port);
}

}  // namespace

std::unique_ptr<Listener> Listener::open(Loop& loop, const std::string& address, std::uint16_t port, OnAccept on_accept,
                                         std::shared_ptr<Tls> tls) {
  if (const auto endpoint = unix_endpoint(address))
    return listen<asio::local::stream_protocol>(loop, *endpoint, address, std::move(on_accept), nullptr);
  boost::system::error_code error;
  const auto host = asio::ip::make_address(address, error);
  if (error) raise<PeerError>("listen: address must be numeric, received '{}'", address);
  return listen<asio::ip::tcp>(loop, {host, port}, address, std::move(on_accept), std::move(tls));
}

}  // namespace shoal::net
