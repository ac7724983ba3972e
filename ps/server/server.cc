#include "ps/server/server.h"

#include <algorithm>

#include "common/base/denormals.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/net/handshake.h"
#include "common/net/listener.h"
#include "common/net/transport.h"
#include "ps/server/session.h"

namespace shoal::ps {
namespace {

constexpr double kDrainSeconds = 2;               // for last words, once it is over
constexpr std::size_t kStrangers = 64;            // connections that have not proved themselves yet
constexpr std::size_t kOutboxBytes = 256u << 20;  // for each worker

class NetServer final : public Server, public Hub {
 public:
  explicit NetServer(const ServerOptions& options)
      : Hub(options.rank, options.workers),
        options_(options),
        stop_bell_(loop_, [this] { end(); }),
        join_limit_(loop_, [this] { nobody_came(); }),
        drain_limit_(loop_, [this] { close_all(); }) {
    tile_threads = options.tile_threads;
    order = options.order;
    credentials_.job = options.job;
    credentials_.secret = options.secret;
    credentials_.role = wire::Role::server;
    credentials_.rank = options.rank;
    credentials_.workers = options.workers;
    credentials_.incarnation = options.incarnation;
    const auto meet = [this](std::shared_ptr<net::Transport> transport) { greet(std::move(transport)); };
    listener_ = net::Listener::open(loop_, options.bind_address, options.port, meet, options.tls);
    if (!options.local_address.empty()) local_listener_ = net::Listener::open(loop_, options.local_address, 0, meet);
    join_limit_.start(options.join_seconds);
  }

  ~NetServer() override {
    end();
    close_all();
    loop_.run();
    sessions.clear();  // before their loop
  }

  std::uint16_t port() const override { return listener_->port(); }

  void run() override {
    const FlushDenormals as_in_training;
    activity("waiting for workers", 0);
    loop_.run();
    if (!failure_.empty()) throw PeerError(failure_);
  }

  void stop() override { stop_bell_.ring(); }

 private:
  void greet(std::shared_ptr<net::Transport> transport) {
    if (strangers_.size() >= kStrangers) {
      transport->close();
      return;
    }
    strangers_.push_back(transport);
    const std::weak_ptr<net::Transport> stranger = transport;
    const std::string address = transport->peer();
    net::accept_handshake(
        loop_, std::move(transport), credentials_, options_.handshake_seconds,
        [this](const wire::Hello& hello) { return admit(hello); },
        [this, stranger, address](net::HandshakeResult result) { welcome(stranger, address, std::move(result)); });
  }

  wire::Code admit(const wire::Hello& hello) const {
    if (hello.role != wire::Role::worker || hello.rank >= workers) return wire::Code::wrong_rank;
    return sessions[hello.rank] ? wire::Code::already_connected : wire::Code::accepted;
  }

  void welcome(const std::weak_ptr<net::Transport>& stranger, const std::string& address, net::HandshakeResult result) {
    std::erase_if(strangers_, [&](const auto& other) { return other.lock() == stranger.lock(); });
    if (ending_ || (result.transport && sessions[result.peer.rank])) {
      if (result.transport) result.transport->close();
      return;
    }
    if (!result.transport) {
      log::warning("refused a connection from {}: {}", address, result.error);
      return;
    }
    const std::uint32_t worker = result.peer.rank;
    sessions[worker] = std::make_unique<Session>(*this, worker, address);
    net::ConnectionOptions limits;
    limits.silence_seconds = options_.silence_seconds;
    limits.outbox_bytes = kOutboxBytes;
    sessions[worker]->attach(
        net::Connection::start(loop_, std::move(result.transport), rank, limits, *sessions[worker]));
    ++joined_;
    activity("workers connected", joined_);
    if (joined_ == workers) join_limit_.stop();
  }

  void nobody_came() {
    std::string missing;
    for (std::uint32_t worker = 0; worker < workers; ++worker)
      if (!sessions[worker]) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", worker);
    fail(fmt::format("worker {} has not connected within {:g} s", missing, options_.join_seconds), nullptr);
  }

  // --- Hub ---
  void activity(const char* what, std::int64_t number) override {
    if (options_.set_activity) options_.set_activity(what, number);
  }

  void said_goodbye(Session& session) override {
    auto* frame = new net::LooseFrame;
    frame->header.type = wire::Type::goodbye;
    frame->header.sender = rank;
    session.connection().send(*frame);
    if (++gone_ == workers) end();
  }

  void lost(Session& session, const std::string& what) override {
    if (!ending_) fail(fmt::format("{} {}", session.name(), what), &session);
    ended(session);
  }

  void ended(Session&) override {
    if (!ending_) return;
    const bool all_closed = std::all_of(sessions.begin(), sessions.end(),
                                        [](const auto& session) { return !session || session->closed(); });
    if (all_closed) drain_limit_.stop();
  }

  // --- the end ---
  void fail(const std::string& what, const Session* culprit) {
    if (ending_) return;
    failure_ = what;
    end();
    for (const auto& session : sessions) {
      if (!session || session.get() == culprit || session->closed()) continue;
      session->refuse(0, what);
      session->connection().finish();
    }
  }

  // Nothing new comes in; what is under way has a moment to end by itself.
  void end() {
    if (ending_) return;
    ending_ = true;
    activity("ending", 0);
    listener_->close();
    if (local_listener_) local_listener_->close();
    join_limit_.stop();
    for (const auto& stranger : strangers_)
      if (const auto transport = stranger.lock()) transport->close();
    if (failure_.empty() && gone_ < workers)
      close_all();
    else
      drain_limit_.start(kDrainSeconds);
    const bool none = std::none_of(sessions.begin(), sessions.end(),
                                   [](const auto& session) { return session && !session->closed(); });
    if (none) drain_limit_.stop();
  }

  void close_all() {
    for (const auto& session : sessions)
      if (session && !session->closed()) session->connection().close("the server ended");
  }

  const ServerOptions options_;
  net::Loop loop_;
  net::Credentials credentials_;
  std::unique_ptr<net::Listener> listener_, local_listener_;
  net::Doorbell stop_bell_;
  net::Timer join_limit_, drain_limit_;
  std::vector<std::weak_ptr<net::Transport>> strangers_;
  std::uint32_t joined_ = 0, gone_ = 0;
  bool ending_ = false;
  std::string failure_;
};

}  // namespace

std::unique_ptr<Server> Server::listen(const ServerOptions& options) {
  if (options.workers == 0) raise("server: workers must be positive");
  return std::make_unique<NetServer>(options);
}

}  // namespace shoal::ps
