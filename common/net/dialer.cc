#include "common/net/dialer.h"

#include <fmt/core.h>

#include "common/net/loop_context.h"
#include "common/net/operation.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

class Connecting {
 public:
  Connecting(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& endpoint, Operation& operation)
      : socket_(socket), endpoint_(endpoint), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    socket_.async_connect(endpoint_, Completion(operation_));
  }
  void await_resume() const noexcept {}

 private:
  asio::ip::tcp::socket& socket_;
  const asio::ip::tcp::endpoint& endpoint_;
  Operation& operation_;
};

struct State {
  State(Loop& loop, double seconds)
      : io(loop.context().io), socket(io), deadline(loop, [this] {
          late = true;
          boost::system::error_code ignored;
          socket.close(ignored);
        }) {
    deadline.start(seconds);
  }
  asio::io_context& io;
  asio::ip::tcp::socket socket;
  Operation operation;
  bool late = false;
  Timer deadline;
};

using Done = std::function<void(std::shared_ptr<Transport>, std::string)>;

Task connect(std::shared_ptr<State> state, std::vector<asio::ip::tcp::endpoint> endpoints, double seconds, Done done) {
  std::string error = "no address";
  for (std::size_t i = 0; i < endpoints.size() && !state->late; ++i) {
    state->socket = asio::ip::tcp::socket(state->io);
    Connecting connecting(state->socket, endpoints[i], state->operation);
    co_await connecting;
    if (!state->operation.failed() && !state->late) {
      state->deadline.stop();
      done(make_tcp_transport(std::move(state->socket)), {});
      co_return;
    }
    error = state->operation.error.message();
  }
  if (state->late) error = fmt::format("no answer within {:g} s", seconds);
  state->deadline.stop();
  done(nullptr, std::move(error));
}

}  // namespace

void dial(Loop& loop, const std::string& host, std::uint16_t port, double seconds, Done done) {
  std::vector<asio::ip::tcp::endpoint> endpoints;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) {
    endpoints.emplace_back(address, port);
  } else {
    asio::ip::tcp::resolver resolver(loop.context().io);
    for (const auto& result : resolver.resolve(host, std::to_string(port), error)) endpoints.push_back(result);
    if (error) {
      done(nullptr, fmt::format("name cannot be resolved: {}", error.message()));
      return;
    }
  }
  connect(std::make_shared<State>(loop, seconds), std::move(endpoints), seconds, std::move(done));
}

}  // namespace shoal::net
