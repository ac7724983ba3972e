#include "common/net/listener.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/net/loop_context.h"
#include "common/net/operation.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

class Accepting {
 public:
  Accepting(asio::ip::tcp::acceptor& acceptor, asio::ip::tcp::socket& socket, Operation& operation)
      : acceptor_(acceptor), socket_(socket), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    acceptor_.async_accept(socket_, Completion(operation_));
  }
  void await_resume() const noexcept {}

 private:
  asio::ip::tcp::acceptor& acceptor_;
  asio::ip::tcp::socket& socket_;
  Operation& operation_;
};

// The coroutine outlives the listener by a moment; what it touches is here.
struct State {
  State(asio::io_context& context, Loop& loop, Listener::OnAccept call)
      : io(context), acceptor(context), socket(context), on_accept(std::move(call)), pause(loop, [this] {
          rested.notify();
        }) {}
  asio::io_context& io;
  asio::ip::tcp::acceptor acceptor;
  asio::ip::tcp::socket socket;
  Listener::OnAccept on_accept;
  Operation operation;
  Event rested;
  Timer pause;
  bool open = true;
};

Task accept(std::shared_ptr<State> state) {
  while (state->open) {
    Accepting accepting(state->acceptor, state->socket, state->operation);
    co_await accepting;
    if (!state->open) break;
    if (state->operation.failed()) {
      // Out of descriptors, say: the same error would come again at once.
      log::warning("cannot accept a connection: {}", state->operation.error.message());
      state->pause.start(0.1);
      co_await state->rested;
      continue;
    }
    auto transport = make_tcp_transport(std::move(state->socket));
    state->socket = asio::ip::tcp::socket(state->io);
    state->on_accept(std::move(transport));
  }
}

class TcpListener final : public Listener {
 public:
  explicit TcpListener(std::shared_ptr<State> state) : state_(std::move(state)) {
    port_ = state_->acceptor.local_endpoint().port();
    accept(state_);
  }
  ~TcpListener() override { close(); }
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
  std::shared_ptr<State> state_;
  std::uint16_t port_;
};

}  // namespace

std::unique_ptr<Listener> Listener::open(Loop& loop, const std::string& address, std::uint16_t port,
                                         OnAccept on_accept) {
  boost::system::error_code error;
  const auto host = asio::ip::make_address(address, error);
  if (error) raise<PeerError>("listen: address must be numeric, received '{}'", address);
  const asio::ip::tcp::endpoint endpoint(host, port);
  auto state = std::make_shared<State>(loop.context().io, loop, std::move(on_accept));
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) raise<PeerError>("port {} is in use", port);
  if (error) raise<PeerError>("cannot listen on {} port {}: {}", address, port, error.message());
  return std::make_unique<TcpListener>(std::move(state));
}

}  // namespace shoal::net
