#include "common/net/dialer.h"

#include <fmt/core.h>

#include "common/base/error.h"
#include "common/net/address.h"
#include "common/net/loop_context.h"
#include "common/net/operation.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

template <class Protocol>
class Connecting {
 public:
  Connecting(typename Protocol::socket& socket, const typename Protocol::endpoint& endpoint, Operation& operation)
      : socket_(socket), endpoint_(endpoint), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    socket_.async_connect(endpoint_, Completion(operation_));
  }
  void await_resume() const noexcept {}

 private:
  typename Protocol::socket& socket_;
  const typename Protocol::endpoint& endpoint_;
  Operation& operation_;
};

template <class Protocol>
struct State {
  State(Loop& loop, double limit, std::shared_ptr<Tls> encryption)
      : io(loop.context().io), socket(io), seconds(limit), tls(std::move(encryption)), deadline(loop, [this] {
          late = true;
          boost::system::error_code ignored;
          socket.close(ignored);
        }) {
    deadline.start(seconds);
  }
  asio::io_context& io;
  typename Protocol::socket socket;
  const double seconds;
  std::shared_ptr<Tls> tls;
  Operation operation;
  bool late = false;
  Timer deadline;
};

using Done = std::function<void(std::shared_ptr<Transport>, std::string)>;

template <class Protocol>
Task connect(std::shared_ptr<State<Protocol>> state, std::vector<typename Protocol::endpoint> endpoints, Done done) {
  std::string error = "no address";
  for (std::size_t i = 0; i < endpoints.size() && !state->late; ++i) {
    state->socket = typename Protocol::socket(state->io);
    Connecting<Protocol> connecting(state->socket, endpoints[i], state->operation);
    co_await connecting;
    if (!state->operation.failed() && !state->late) {
      state->deadline.stop();
      done(make_transport(std::move(state->socket), state->tls, Side::dialed), {});
      co_return;
    }
    error = state->operation.error.message();
  }
  if (state->late) error = fmt::format("no answer within {:g} s", state->seconds);
  state->deadline.stop();
  done(nullptr, std::move(error));
}

template <class Protocol>
void start(Loop& loop, double seconds, std::shared_ptr<Tls> tls, std::vector<typename Protocol::endpoint> endpoints,
           Done done) {
  connect<Protocol>(std::make_shared<State<Protocol>>(loop, seconds, std::move(tls)), std::move(endpoints),
                    std::move(done));
}

}  // namespace

void dial(Loop& loop, const std::string& host, std::uint16_t port, double seconds, Done done,
          std::shared_ptr<Tls> tls) {
  try {
    if (const auto endpoint = unix_endpoint(host)) {
      start<asio::local::stream_protocol>(loop, seconds, nullptr, {*endpoint}, std::move(done));
      return;
    }
  } catch (const PeerError& error) {
    done(nullptr, error.what());
    return;
  }
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
  start<asio::ip::tcp>(loop, seconds, std::move(tls), std::move(endpoints), std::move(done));
}

}  // namespace shoal::net
